import type { DatabaseConfig } from './namespaces/database.config.js';
import type { Config } from './namespace.js';
import { NAMESPACES } from './namespaces/index.js';
import type { QueueConfig } from './namespaces/queue.config.js';
import { readVersion } from './version.js';

/**
 * The configuration of the services, composed of those of the namespaces.
 *
 * @param variables without problems
 */
export function composeConfig(variables: NodeJS.ProcessEnv) {
  const database = NAMESPACES.database.load(variables);
  return {
    version: readVersion(),
    ...NAMESPACES.logging.load(variables),
    telemetry: NAMESPACES.telemetry.load(variables),
    ...NAMESPACES.sandbox.load(variables),
    ...NAMESPACES.shutdown.load(variables),
    api: {
      ...NAMESPACES.api.load(variables),
      ...NAMESPACES.metrics.load(variables),
      http: { ...NAMESPACES.http.load(variables), ...NAMESPACES.uploads.load(variables) },
      inspection: NAMESPACES.inspection.load(variables),
      /** Renders of the deployment that may be queued, in all and of one client. */
      waiting: NAMESPACES.backlog.load(variables),
    },
    worker: {
      ...NAMESPACES.worker.load(variables),
      ...NAMESPACES.renders.load(variables),
      ...NAMESPACES.maintenance.load(variables),
      ...NAMESPACES.retention.load(variables),
    },
    database,
    queue: queueConfig(variables, database),
    storage: NAMESPACES.storage.load(variables),
  };
}

/** The configuration of the queue; on PostgreSQL it is in the database of the service. */
export function queueConfig(variables: NodeJS.ProcessEnv, database: DatabaseConfig): QueueConfig {
  const queue = NAMESPACES.queue.load(variables);
  return queue.backend === 'postgres' ? { ...queue, database } : queue;
}

type Composed = Config<ReturnType<typeof composeConfig>>;

export type AppConfig = Omit<Composed, 'worker'> & {
  readonly worker: Composed['worker'] & {
    /** Until then retention removes nothing, so that an upgrade does not surprise the owner of an installation. */
    readonly retentionNotBefore?: Date;
  };
};

/** How the API treats its clients' connections and uploads. */
export type HttpConfig = AppConfig['api']['http'];

export interface MigrationConfig {
  readonly database: DatabaseConfig;
  readonly queueBackend: QueueConfig['backend'];
}
