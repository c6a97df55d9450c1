import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigurationError, DependencyError } from '#core';
import { SETTINGS } from './settings.js';

/** Secrets of one installation of the embedded profile, kept in its home. */
export interface EmbeddedSecrets {
  /** Of the role that owns the application's database. */
  readonly databasePassword: string;
  readonly signingKey: string;
}

const HOME = 'POP_RENDER_HOME';
const LOOPBACK = '127.0.0.1';
/** Any of these is set where the deployment has servers of its own. */
const OWN_SERVERS = ['DB_HOST', 'DB_PASSWORD', 'REDIS_HOST', 'MINIO_ENDPOINT', 'STORAGE_ROOT', 'POP_RENDER_ENV_FILE'];
/** Line of PostgreSQL's lock file in which its port is, counted from 0. */
const PORT_LINE = 3;

export const secretsFile = (home: string): string => path.join(home, 'secrets.json');
/** Folder of the embedded PostgreSQL. */
export const postgresFolder = (home: string): string => path.join(home, 'postgres');

/** The defaults of this profile for variables that are unset, where they differ from those of the services. */
export function embeddedDefaults(variables: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    [...SETTINGS].flatMap(([name, { embeddedDefault }]) =>
      embeddedDefault === undefined || variables[name]?.trim() ? [] : [[name, String(embeddedDefault)]],
    ),
  );
}

/** The variables of the servers of the embedded profile: its PostgreSQL, which has the queue too, and its folder. */
export function embeddedVariables(home: string, secrets: EmbeddedSecrets, port: number): Record<string, string> {
  return {
    DB_HOST: LOOPBACK,
    DB_PORT: String(port),
    DB_NAME: 'pop_render',
    DB_USER: 'pop_render',
    DB_PASSWORD: secrets.databasePassword,
    QUEUE_BACKEND: 'postgres',
    STORAGE_BACKEND: 'filesystem',
    STORAGE_ROOT: path.join(home, 'objects'),
    STORAGE_SIGNING_KEY: secrets.signingKey,
  };
}

/**
 * For a program that works with a running deployment: where POP_RENDER_HOME is an embedded profile and no variable refers
 * to other servers, the variables with its defaults and those of its servers.
 *
 * @throws DependencyError `database_unavailable` when it does not run: only then its PostgreSQL has a port
 * @throws ConfigurationError when its secrets cannot be read
 */
export function withEmbeddedProfile(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const named = variables[HOME]?.trim();
  if (!named || OWN_SERVERS.some((name) => variables[name]?.trim())) return variables;
  const home = path.resolve(named);
  const secrets = read(secretsFile(home), home);
  const port = Number(read(path.join(postgresFolder(home), 'postmaster.pid'), home).split('\n')[PORT_LINE]);
  if (!(port > 0)) throw notRunning(home);
  // API and worker are one process.
  const servers = embeddedVariables(home, JSON.parse(secrets) as EmbeddedSecrets, port);
  return { ...variables, ...embeddedDefaults(variables), ...servers, WORKER_COUNT: '1' };
}

function read(file: string, home: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw notRunning(home);
    const message = `${HOME} names ${home}, of which ${file} cannot be read: ${(error as Error).message}`;
    throw new ConfigurationError(message, [{ field: HOME, message }]);
  }
}

function notRunning(home: string): DependencyError {
  return new DependencyError(
    'database_unavailable',
    `The embedded profile in ${home} (${HOME}) is not running, and its PostgreSQL with it: start it first, ` +
      'or set DB_HOST, DB_PASSWORD and the other settings of a deployment of your own',
  );
}
