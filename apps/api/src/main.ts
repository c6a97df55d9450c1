import cluster from 'node:cluster';
import { loadConfig, takeEnvironment, withEnvironmentFile, withoutSecrets } from '#config';
import { runService } from '#lifecycle';
import { createLogger, exitOnUncaughtException, Telemetry } from '#observability';
import { memberEnvironment } from './cluster/cluster-secrets.js';

await runService(async () => {
  const environment = cluster.isWorker ? await memberEnvironment() : takeEnvironment();
  const readSettings = () => {
    const variables = withEnvironmentFile(environment);
    return { variables, config: loadConfig(variables) };
  };
  const { variables, config } = readSettings();
  const logger = createLogger('pop-render.api', config);
  // The supervisor needs no database, queue or storage client.
  if (cluster.isPrimary && config.api.processes > 1) {
    const { ApiSupervisor } = await import('./cluster/api-supervisor.js');
    exitOnUncaughtException(logger, new Telemetry(), 'api');
    return ApiSupervisor.start(readSettings, logger);
  }
  Object.assign(process.env, withoutSecrets(variables));
  const { serve } = await import('./serve.js');
  return serve(config, logger);
});
