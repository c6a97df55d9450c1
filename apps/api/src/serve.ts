import cluster from 'node:cluster';
import type { AppConfig } from '#config';
import type { Service } from '#lifecycle';
import { exitOnUncaughtException, type Logger, openTelemetry } from '#observability';
import { closeApi, createApi, listen, replaceApi, untilReady } from './api-app.js';
import { ClusterMember, LISTEN_WHEN_READY } from './cluster/cluster-member.js';

/** One API process: the only one, or one of several under a supervisor. */
export async function serve(config: AppConfig, logger: Logger): Promise<Service> {
  const member = cluster.isWorker ? new ClusterMember() : undefined;
  const telemetry = await openTelemetry('api', config, logger);
  exitOnUncaughtException(logger, telemetry, 'api');
  const app = await createApi(
    config,
    logger,
    telemetry,
    member && { source: member.metrics, processes: config.api.processes },
  );
  const readyLimit = process.env[LISTEN_WHEN_READY];
  if (readyLimit) await untilReady(app, Number(readyLimit));
  await listen(app);
  logger.info({ port: config.api.port }, 'API ready');
  return {
    status: `API on port ${config.api.port}`,
    reload: async () => {
      // A hang-up of the terminal reaches every process; with several it is the supervisor's business.
      if (!member) logger.warn('A reload needs WORKER_COUNT of 2 or more; nothing was changed');
    },
    close: async () => {
      await (member?.replaced ? replaceApi(app, config) : closeApi(app, config));
      await telemetry.close();
      await member?.flushMetrics();
    },
  };
}
