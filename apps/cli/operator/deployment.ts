import { type AppConfig, loadServersConfig, OPERATOR_TIME_LIMITS, type ServerName } from '#config';
import {
  type ErrorCode,
  faultReason,
  type ObjectStore,
  PopRenderError,
  type QueueOperations,
  type RenderQueue,
} from '#core';
import type { OpenDatabase } from '#persistence';
import { serverError } from '../failures.js';

/** The servers of a deployment as a command works with them. */
export interface OpenServers {
  readonly database: OpenDatabase;
  readonly queue: RenderQueue & { readonly operations: QueueOperations };
  readonly storage: ObjectStore;
}

export type Deployment<N extends ServerName> = Pick<OpenServers, N> & { readonly config: Pick<AppConfig, N> };

/**
 * Opens the named servers of the deployment that the variables describe, lets the command work with them and closes them.
 * Only the settings of these servers must be there.
 * @throws ConfigurationError, CliError `server` naming the server that is away and the settings that lead to it
 */
export async function withDeployment<N extends ServerName, T>(
  variables: NodeJS.ProcessEnv,
  servers: readonly N[],
  work: (deployment: Deployment<N>) => Promise<T>,
): Promise<T> {
  const config = loadServersConfig(variables, servers);
  return explainingFaults(config, async () => {
    const opened: Partial<OpenServers> = {};
    try {
      for (const server of servers) Object.assign(opened, { [server]: await open(server, config) });
      return await work({ ...opened, config } as Deployment<N>);
    } finally {
      await Promise.all(Object.values(opened).map((server: OpenServers[ServerName]) => server.close()));
    }
  });
}

/** Lets whatever a server refuses end the command with the code and the message for it. */
export async function explainingFaults<T>(config: Partial<AppConfig>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const describe = error instanceof PopRenderError ? whereabouts[error.code] : undefined;
    const place = describe?.(config);
    if (place === undefined) throw error;
    const { message, cause } = error as PopRenderError;
    throw serverError(`${place}: ${cause === undefined ? message : `${message}: ${faultReason(cause)}`}`, error);
  }
}

/** Loads the adapters of one server: the others may take as long again. */
async function open(server: ServerName, config: Partial<AppConfig>): Promise<OpenServers[ServerName]> {
  switch (server) {
    case 'database':
      return (await import('#persistence')).openDatabase(config.database!, OPERATOR_TIME_LIMITS);
    case 'queue': {
      const { BullMqRenderQueue } = await import('#queue');
      // What goes wrong is told once, by the command.
      const silent = { error: () => undefined, log: () => undefined };
      return new BullMqRenderQueue(config.queue!, OPERATOR_TIME_LIMITS, silent);
    }
    case 'storage':
      return (await import('#storage')).openObjectStore(config.storage!, OPERATOR_TIME_LIMITS);
  }
}

/** Where a server is looked for, and by which settings. */
const whereabouts: Partial<Record<ErrorCode, (config: Partial<AppConfig>) => string | undefined>> = {
  database_unavailable: ({ database }) => database && databasePlace(database),
  queue_unavailable: ({ queue }) => {
    if (queue?.backend === 'postgres') return databasePlace(queue.database);
    return queue && `Redis at ${queue.redis.host}:${queue.redis.port} (REDIS_HOST, REDIS_PORT)`;
  },
  storage_unavailable: ({ storage }) => {
    if (storage?.backend === 'filesystem') return `Folder ${storage.filesystem.root} (STORAGE_ROOT)`;
    if (!storage) return undefined;
    const { endpoint, bucket } = storage.s3;
    return `S3 server at ${endpoint.host}:${endpoint.port}, bucket ${bucket} (MINIO_ENDPOINT, MINIO_BUCKET)`;
  },
};

function databasePlace({ host, port, name }: AppConfig['database']): string {
  return `PostgreSQL at ${host}:${port}, database ${name} (DB_HOST, DB_PORT, DB_NAME)`;
}
