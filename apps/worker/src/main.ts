import { loadConfig, takeEnvironment, withEnvironmentFile, withoutSecrets } from '#config';
import { runService } from '#lifecycle';
import { createLogger, exitOnUncaughtException, openTelemetry } from '#observability';
import { createWorker, startWorker } from './worker-app.js';

/** For requeueing aborted jobs and closing connections. */
const CLEAN_UP_SECONDS = 10;

await runService(async () => {
  const variables = withEnvironmentFile(takeEnvironment());
  Object.assign(process.env, withoutSecrets(variables));
  const config = loadConfig(variables);
  const logger = createLogger('pop-render.worker', config);
  const telemetry = await openTelemetry('worker', config, logger);
  exitOnUncaughtException(logger, telemetry, 'worker');
  const app = await createWorker(config, logger, telemetry);
  const { host } = config.worker;
  await (host === undefined ? app.listen(config.worker.port) : app.listen(config.worker.port, host));
  startWorker(app);
  const { port, concurrency, name } = config.worker;
  logger.info({ port, concurrency, worker_id: name }, 'Worker ready');
  return {
    status: `Worker ${name} takes up to ${concurrency} renders at once; health on port ${port}`,
    close: async () => {
      await app.close();
      await telemetry.close();
    },
    closeWithinMs: (config.shutdownGraceSeconds + CLEAN_UP_SECONDS) * 1000,
  };
});
