import {
  type AppConfig,
  loadServersConfig,
  OPERATOR_SHORT_TIME_LIMITS,
  OPERATOR_TIME_LIMITS,
  type ServerName,
} from '#config';
import {
  DependencyError,
  type ErrorCode,
  rootCauseMessage,
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

/** A server that has not answered by then hangs: statements may last, a greeting does not. */
const GREETING_MS = 5_000;

/**
 * Opens the named servers of the deployment that the variables describe, lets the command work with them and closes them.
 * Only the settings of these servers must be there, and each must answer within seconds.
 * @param spared servers that the command can do without: nothing is asked of them beforehand
 * @throws ConfigurationError, CliError `server` naming the unreachable server and the settings that lead to it
 */
export async function withDeployment<N extends ServerName, T>(
  variables: NodeJS.ProcessEnv,
  servers: readonly N[],
  work: (deployment: Deployment<N>) => Promise<T>,
  spared: readonly ServerName[] = [],
): Promise<T> {
  const config = loadServersConfig(variables, servers);
  return withServerErrors(config, async () => {
    const opened: Partial<OpenServers> = {};
    try {
      for (const server of servers) {
        Object.assign(opened, { [server]: await open(server, config, spared.includes(server)) });
      }
      await Promise.all(servers.filter((server) => !spared.includes(server)).map((server) => greet(server, opened)));
      return await work({ ...opened, config } as Deployment<N>);
    } finally {
      await Promise.all(Object.values(opened).map((server: OpenServers[ServerName]) => server.close()));
    }
  });
}

/** Lets whatever a server refuses end the command with the code and the message for it. */
export async function withServerErrors<T>(config: Partial<AppConfig>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const describe = error instanceof PopRenderError ? serverLocation[error.code] : undefined;
    const place = describe?.(config);
    if (place === undefined) throw error;
    const { message, cause } = error as PopRenderError;
    throw serverError(`${place}: ${cause === undefined ? message : `${message}: ${rootCauseMessage(cause)}`}`, error);
  }
}

/**
 * Asks a server something small: one that accepts connections and never answers is found so, not by the limit of a long
 * listing. What it answers does not matter here. PostgreSQL has answered once a connection stands.
 * @throws DependencyError when it does not answer
 */
async function greet(server: ServerName, { queue, storage }: Partial<OpenServers>): Promise<void> {
  if (server === 'database') return;
  const answer = server === 'queue' ? queue!.counts() : storage!.ping();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const cause = new Error(`It does not answer within ${GREETING_MS / 1000} s`);
      const [code, name] =
        server === 'queue'
          ? (['queue_unavailable', 'Render queue'] as const)
          : (['storage_unavailable', 'Object storage'] as const);
      reject(new DependencyError(code, `${name} is unavailable`, { cause }));
    }, GREETING_MS);
  });
  try {
    await Promise.race([answer.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Loads the adapters of one server: the others may take as long again. */
async function open(server: ServerName, config: Partial<AppConfig>, spared: boolean): Promise<OpenServers[ServerName]> {
  switch (server) {
    case 'database':
      return (await import('#persistence')).openDatabase(config.database!, OPERATOR_TIME_LIMITS);
    case 'queue': {
      const { BullMqRenderQueue } = await import('#queue');
      // Errors are reported once, by the command.
      const silent = { error: () => undefined, log: () => undefined };
      return BullMqRenderQueue.open(config.queue!, OPERATOR_SHORT_TIME_LIMITS, silent);
    }
    case 'storage':
      return (await import('#storage')).openObjectStore(
        config.storage!,
        spared ? OPERATOR_SHORT_TIME_LIMITS : OPERATOR_TIME_LIMITS,
      );
  }
}

/** Where a server is looked for, and by which settings. */
const serverLocation: Partial<Record<ErrorCode, (config: Partial<AppConfig>) => string | undefined>> = {
  database_unavailable: ({ database }) => database && databasePlace(database),
  queue_unavailable: ({ queue }) => {
    if (queue?.backend === 'postgres') return databasePlace(queue.database);
    return queue && `Redis at ${queue.redis.host}:${queue.redis.port} (REDIS_HOST, REDIS_PORT)`;
  },
  storage_unavailable: ({ storage }) => {
    if (!storage) return undefined;
    if (storage.backend !== 's3') return `Folder ${storage.filesystem.root} (STORAGE_ROOT)`;
    const { endpoint, bucket } = storage.s3;
    return `S3 server at ${endpoint.host}:${endpoint.port}, bucket ${bucket} (MINIO_ENDPOINT, MINIO_BUCKET)`;
  },
};

function databasePlace({ host, port, name }: AppConfig['database']): string {
  return `PostgreSQL at ${host}:${port}, database ${name} (DB_HOST, DB_PORT, DB_NAME)`;
}
