import cluster from 'node:cluster';
import { loadConfig, withEnvironmentFile } from '#config';
import { runService } from '#lifecycle';
import { createLogger } from '#observability';
import { endOnUncaught, Telemetry } from '#telemetry';

await runService(async () => {
  const readSettings = () => {
    const variables = withEnvironmentFile(process.env);
    return { variables, config: loadConfig(variables) };
  };
  const { variables, config } = readSettings();
  const logger = createLogger('pop-render.api', config);
  // The supervisor needs no database, queue or storage client.
  if (cluster.isPrimary && config.api.processes > 1) {
    const { ApiSupervisor } = await import('./cluster.js');
    endOnUncaught(logger, new Telemetry(), 'api');
    return ApiSupervisor.start(readSettings, logger);
  }
  Object.assign(process.env, variables);
  const { serve } = await import('./serve.js');
  return serve(config, logger);
});
