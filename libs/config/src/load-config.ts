import { ConfigurationError, type FieldError } from '#core';
import { type AppConfig, composeConfig, type MigrationConfig, queueConfig } from './app-config.js';
import { type Namespace, problemsOf } from './namespace.js';
import { NAMESPACES } from './namespaces/index.js';

/**
 * The process environment as one typed object.
 *
 * @throws ConfigurationError listing every wrong or missing variable at once.
 */
export function loadConfig(variables: NodeJS.ProcessEnv): AppConfig {
  const namespaces: readonly Namespace[] = Object.values(NAMESPACES);
  assertNone(namespaces.flatMap((namespace) => namespace.problems(variables)));
  return composeConfig(variables);
}

/**
 * What migrations need, and no other setting: where the database is, and whether the queue lives in it.
 *
 * @throws ConfigurationError listing every wrong or missing variable of these.
 */
export function loadMigrationConfig(variables: NodeJS.ProcessEnv): MigrationConfig {
  const { database, queue } = NAMESPACES;
  const { QUEUE_BACKEND } = queue.settings;
  assertNone([...database.problems(variables), ...problemsOf({ QUEUE_BACKEND }, variables)]);
  return { database: database.load(variables), queueBackend: queue.load(variables).backend };
}

/** The servers of a deployment, and with each the settings that it needs. */
export type ServerName = 'database' | 'queue' | 'storage';

/**
 * What a command needs that works with some servers and not with others: their settings and no more.
 *
 * @throws ConfigurationError listing every wrong or missing variable of these.
 */
export function loadServersConfig<N extends ServerName>(
  variables: NodeJS.ProcessEnv,
  servers: readonly N[],
): Pick<AppConfig, N> {
  const names = new Set<ServerName>(servers);
  if (names.has('queue') && NAMESPACES.queue.load(variables).backend === 'postgres') names.add('database');
  const namespaces = (['database', 'queue', 'storage'] as const)
    .filter((name) => names.has(name))
    .map((name) => NAMESPACES[name]);
  const own = namespaces.flatMap((namespace) => namespace.problems(variables));
  assertNone([...own, ...namespaces.flatMap(({ reads }) => problemsOf(reads, variables))]);
  const load = {
    database: () => NAMESPACES.database.load(variables),
    queue: () => queueConfig(variables, NAMESPACES.database.load(variables)),
    storage: () => NAMESPACES.storage.load(variables),
  };
  return Object.fromEntries(servers.map((server) => [server, load[server]()])) as unknown as Pick<AppConfig, N>;
}

function assertNone(problems: readonly FieldError[]): void {
  if (problems.length > 0) throw new ConfigurationError(describe(problems), problems);
}

function describe(problems: readonly FieldError[]): string {
  const lines = problems.map(({ message }) => `  - ${message}`);
  return `The configuration has ${problems.length} problem${problems.length === 1 ? '' : 's'}:\n${lines.join('\n')}`;
}
