import cluster from 'node:cluster';
import { loadConfig } from '#config';
import { runService } from '#lifecycle';
import { createLogger } from '#observability';
import { openTelemetry } from '#telemetry';
import { closeApi, createApi, listen, RELEASE_MS } from './api-app.js';
import { clusterMetricsSource, superviseProcesses } from './cluster.js';

await runService(async () => {
  const config = loadConfig(process.env);
  const logger = createLogger('pop-render.api', config);
  if (cluster.isPrimary && config.api.processes > 1) {
    return superviseProcesses(config.api.processes, config.shutdownGraceSeconds * 1000 + RELEASE_MS, logger);
  }

  const telemetry = await openTelemetry('api', config, logger);
  const app = await createApi(config, logger, telemetry, cluster.isWorker ? clusterMetricsSource() : undefined);
  await listen(app, config.api);
  logger.info({ port: config.api.port }, 'API ready');
  return {
    close: async () => {
      await closeApi(app, config.shutdownGraceSeconds);
      await telemetry.close();
    },
  };
});
