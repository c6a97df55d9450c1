import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { ConfigurationError, type FieldError } from '#core';
import { memoryLimit } from '#sandbox';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import type {
  AppConfig,
  DatabaseConfig,
  HttpConfig,
  MigrationConfig,
  QueueConfig,
  S3Endpoint,
  StorageConfig,
  TelemetryConfig,
} from './app-config.js';
import { Environment } from './environment.js';
import { defaultRenderMemoryMb } from './render-memory.js';

const KIB = 1024;
const MIB = 1024 * 1024;
/** Of the uploads received at once that one client may have: the rest is free for others without anybody giving way. */
const CLIENT_SHARE = 3 / 4;

/**
 * The process environment as one typed object.
 *
 * @throws ConfigurationError listing every wrong or missing variable at once.
 */
export function loadConfig(variables: NodeJS.ProcessEnv): AppConfig {
  const env = checkedEnvironment(variables, () => true);
  const database = databaseConfig(env);
  return {
    version: readVersion(),
    logLevel: env.LOG_LEVEL,
    logFormat: env.LOG_FORMAT,
    telemetry: telemetryConfig(env),
    sandbox: env.SANDBOX,
    api: {
      host: env.API_HOST,
      port: env.API_PORT,
      processes: env.WORKER_COUNT,
      reloadTimeoutMs: env.RELOAD_TIMEOUT_SECONDS * 1000,
      operations: env.METRICS_PORT === undefined ? undefined : { host: env.METRICS_HOST, port: env.METRICS_PORT },
      http: httpConfig(env),
      inspection: {
        concurrency: env.INSPECT_CONCURRENCY,
        memoryBytes: env.INSPECT_MEMORY_MB * MIB,
        perClient: env.INSPECT_CONCURRENCY_PER_CLIENT,
        clientSecondsPerMinute: env.INSPECT_CLIENT_SECONDS,
      },
      waiting: { total: env.MAX_WAITING_RENDERS, perClient: env.MAX_WAITING_RENDERS_PER_CLIENT },
    },
    shutdownGraceSeconds: env.SHUTDOWN_GRACE_SECONDS,
    shutdownDelaySeconds: env.SHUTDOWN_DELAY_SECONDS,
    worker: {
      host: env.WORKER_HOST,
      port: env.WORKER_PORT,
      name: env.WORKER_NAME ?? `${hostname()}:${process.pid}`,
      concurrency: env.RENDER_CONCURRENCY,
      threads: env.RENDER_THREADS,
      reconcileSeconds: env.RECONCILE_SECONDS,
      sweepSeconds: env.SWEEP_SECONDS,
      orphanAgeSeconds: env.ORPHAN_AGE_SECONDS,
      retentionDays: env.RETENTION_DAYS,
      maxLost: env.RENDER_MAX_LOST_ATTEMPTS,
      renderTimeoutMs: env.RENDER_TIMEOUT_SECONDS * 1000,
      renderMemoryBytes: (env.RENDER_MEMORY_MB ?? defaultRenderMemoryMb(env.RENDER_CONCURRENCY, memoryLimit())) * MIB,
    },
    database,
    queue: queueConfig(env, database),
    storage: storageConfig(env),
  };
}

/**
 * What migrations need to know, and no other setting: where the database is, and whether the queue lives in it.
 *
 * @throws ConfigurationError listing every wrong or missing variable of these.
 */
export function loadMigrationConfig(variables: NodeJS.ProcessEnv): MigrationConfig {
  const env = checkedEnvironment(variables, (name) => name.startsWith('DB_') || name === 'QUEUE_BACKEND');
  return { database: databaseConfig(env), queueBackend: env.QUEUE_BACKEND };
}

/** The servers of a deployment, and with each the settings that it needs. */
export type ServerName = 'database' | 'queue' | 'storage';

/**
 * What a command needs to know that works with some servers and not with others: their settings and no more.
 *
 * @throws ConfigurationError listing every wrong or missing variable of these.
 */
export function loadServersConfig<N extends ServerName>(
  variables: NodeJS.ProcessEnv,
  servers: readonly N[],
): Pick<AppConfig, N> {
  const concerns = servers.flatMap((server: ServerName) => {
    const inDatabase = server === 'queue' && variables.QUEUE_BACKEND?.trim() === 'postgres';
    return [...SERVER_VARIABLES[server], ...(inDatabase ? SERVER_VARIABLES.database : [])];
  });
  const env = checkedEnvironment(variables, (name) => concerns.some((start) => name.startsWith(start)));
  const database = databaseConfig(env);
  const loaded = {
    database: () => database,
    queue: () => queueConfig(env, database),
    storage: () => storageConfig(env),
  };
  return Object.fromEntries(servers.map((server) => [server, loaded[server]()])) as unknown as Pick<AppConfig, N>;
}

const SERVER_VARIABLES: Record<ServerName, readonly string[]> = {
  database: ['DB_'],
  queue: ['QUEUE_', 'REDIS_'],
  storage: ['STORAGE_', 'MINIO_', 'PUBLIC_URL', 'API_PORT'],
};

function checkedEnvironment(variables: NodeJS.ProcessEnv, concerns: (name: string) => boolean): Environment {
  const env = plainToInstance(Environment, onlySet(variables), { exposeDefaultValues: true });
  const problems: FieldError[] = validateSync(env)
    .filter(({ property }) => concerns(property))
    .map(({ property, constraints }) => ({
      field: property,
      message: Object.values(constraints ?? {}).at(-1) ?? `${property} is invalid`,
    }));
  if (problems.length > 0) throw new ConfigurationError(describe(problems), problems);
  return env;
}

function httpConfig(env: Environment): HttpConfig {
  const origins = (env.CORS_ORIGINS ?? '').split(',').map((origin) => origin.trim().toLowerCase());
  return {
    publicUrl: publicUrl(env),
    corsOrigins: origins.filter((origin) => origin !== ''),
    trustedProxies: (env.TRUSTED_PROXIES ?? '').split(',').flatMap((proxy) => proxy.trim() || []),
    requestTimeoutMs: env.REQUEST_TIMEOUT_SECONDS * 1000,
    headersTimeoutMs: Math.min(env.HEADERS_TIMEOUT_SECONDS, env.REQUEST_TIMEOUT_SECONDS) * 1000,
    uploadPace: {
      stallMs: env.UPLOAD_STALL_SECONDS * 1000,
      graceMs: env.UPLOAD_GRACE_SECONDS * 1000,
      graceBytes: env.UPLOAD_GRACE_KB * KIB,
      minBytesPerSecond: env.UPLOAD_MIN_KB_PER_SECOND * KIB,
    },
    answerStallMs: env.ANSWER_STALL_SECONDS * 1000,
    keepAliveMs: env.KEEP_ALIVE_SECONDS * 1000,
    maxConnections: env.MAX_CONNECTIONS,
    maxConnectionsPerClient: env.MAX_CONNECTIONS_PER_CLIENT,
    maxConcurrentUploads: env.MAX_CONCURRENT_UPLOADS,
    uploadsPerSecondPerClient: env.UPLOADS_PER_SECOND_PER_CLIENT,
    maxUploadsPerClient: env.MAX_UPLOADS_PER_CLIENT ?? Math.ceil(env.MAX_CONCURRENT_UPLOADS * CLIENT_SHARE),
  };
}

function publicUrl({ PUBLIC_URL, API_PORT }: Environment): string {
  return (PUBLIC_URL ?? `http://localhost:${API_PORT}`).replace(/\/+$/, '');
}

function databaseConfig(env: Environment): DatabaseConfig {
  return {
    host: env.DB_HOST,
    port: env.DB_PORT,
    name: env.DB_NAME,
    user: env.DB_USER,
    password: env.DB_PASSWORD,
    pool: { min: 2, max: 10 },
  };
}

function queueConfig(env: Environment, database: DatabaseConfig): QueueConfig {
  const timing = { lockSeconds: env.QUEUE_LOCK_SECONDS, retrySeconds: env.QUEUE_RETRY_SECONDS };
  if (env.QUEUE_BACKEND === 'postgres') return { backend: 'postgres', ...timing, database };
  return {
    backend: 'redis',
    ...timing,
    redis: {
      host: env.REDIS_HOST,
      port: env.REDIS_PORT,
      db: env.REDIS_DB,
      username: env.REDIS_USERNAME,
      password: env.REDIS_PASSWORD,
      tls: env.REDIS_TLS,
    },
  };
}

function storageConfig(env: Environment): StorageConfig {
  const limits = {
    ...(env.STORAGE_QUOTA_MB === undefined ? {} : { quotaBytes: env.STORAGE_QUOTA_MB * MIB }),
    minFreeBytes: env.STORAGE_MIN_FREE_MB * MIB,
  };
  if (env.STORAGE_BACKEND === 'filesystem') {
    return {
      backend: 'filesystem',
      limits,
      filesystem: {
        root: env.STORAGE_ROOT!,
        signingKey: env.STORAGE_SIGNING_KEY!,
        previousSigningKey: env.STORAGE_SIGNING_KEY_PREVIOUS,
        publicUrl: publicUrl(env),
      },
    };
  }
  const endpoint = parseEndpoint(env.MINIO_ENDPOINT, env.MINIO_USE_SSL);
  return {
    backend: 's3',
    limits,
    s3: {
      endpoint,
      publicEndpoint: env.MINIO_PUBLIC_ENDPOINT
        ? parseEndpoint(env.MINIO_PUBLIC_ENDPOINT, env.MINIO_USE_SSL)
        : endpoint,
      accessKey: env.MINIO_ACCESS_KEY,
      secretKey: env.MINIO_SECRET_KEY,
      bucket: env.MINIO_BUCKET,
      region: env.MINIO_REGION,
      pathStyle: env.MINIO_PATH_STYLE,
    },
  };
}

function telemetryConfig(env: Environment): TelemetryConfig {
  const traced = env.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined && !env.OTEL_SDK_DISABLED;
  const sentry = env.SENTRY_DSN && {
    dsn: env.SENTRY_DSN,
    release: env.SENTRY_RELEASE ?? readVersion(),
    environment: env.SENTRY_ENVIRONMENT ?? env.NODE_ENV ?? 'production',
  };
  const tracing = {
    protocol: env.OTEL_EXPORTER_OTLP_PROTOCOL,
    sampleRatio: env.TRACE_SAMPLE_RATIO,
    trustCallers: env.TRACE_TRUST_CALLERS,
  };
  return {
    ...(traced ? { tracing } : {}),
    ...(sentry ? { sentry } : {}),
  };
}

/** `host`, `host:port` or a URL; a scheme in it decides TLS over the setting. */
function parseEndpoint(text: string, tlsByDefault: boolean): S3Endpoint {
  const url = new URL(/^https?:\/\//.test(text) ? text : `${tlsByDefault ? 'https' : 'http'}://${text}`);
  const tls = url.protocol === 'https:';
  return { host: url.hostname, port: url.port ? Number(url.port) : tls ? 443 : 80, tls };
}

function onlySet(variables: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => Boolean(entry[1]?.trim())),
  );
}

function describe(problems: readonly FieldError[]): string {
  const lines = problems.map(({ message }) => `  - ${message}`);
  return `The configuration has ${problems.length} problem${problems.length === 1 ? '' : 's'}:\n${lines.join('\n')}`;
}

function readVersion(): string {
  // Compiled files live in dist/, sources beside package.json: walk up to whichever comes first.
  for (const up of ['../../../', '../../../../']) {
    try {
      const manifest = JSON.parse(readFileSync(new URL(`${up}package.json`, import.meta.url), 'utf8')) as {
        name?: string;
        version: string;
      };
      if (manifest.name === 'pop-render') return manifest.version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return '0.0.0';
}
