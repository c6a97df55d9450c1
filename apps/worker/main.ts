import { loadConfig } from '#config';
import { runService } from '#lifecycle';
import { createLogger } from '#observability';
import { createWorker, startWorker } from './worker-app.js';

await runService(async () => {
  const config = loadConfig(process.env);
  const logger = createLogger('pop-render.worker', config.logLevel);
  const app = await createWorker(config, logger);
  await app.listen(config.worker.port);
  await startWorker(app);
  logger.info({ port: config.worker.port, concurrency: config.worker.concurrency }, 'Worker ready');
  return app;
});
