import type { StorageLimits } from '#core';
import type { LogFormat, LogLevel, OtlpProtocol, SandboxSetting } from './environment.js';

export interface DatabaseConfig {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly user: string;
  readonly password: string;
  readonly pool: { readonly min: number; readonly max: number };
}

export interface RedisConfig {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls: boolean;
}

interface QueueTiming {
  readonly lockSeconds: number;
  /** Pause before the second try of a job; it doubles with each further one. */
  readonly retrySeconds: number;
}

/** Connections at most of one client of the queue on PostgreSQL, besides those of the database. */
export const QUEUE_POOL_MAX = 5;

export type QueueConfig = QueueTiming &
  (
    | { readonly backend: 'redis'; readonly redis: RedisConfig }
    | { readonly backend: 'postgres'; readonly database: DatabaseConfig }
  );

export interface S3Endpoint {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

export interface S3Config {
  readonly endpoint: S3Endpoint;
  /** Endpoint written into links, when clients reach the server by another address. */
  readonly publicEndpoint: S3Endpoint;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly bucket: string;
  readonly region: string;
  readonly pathStyle: boolean;
}

export interface FilesystemStorageConfig {
  readonly root: string;
  /** Secret of the HMAC in signed links. */
  readonly signingKey: string;
  /** Another secret whose links are good too, so that a change of secrets ends no link. */
  readonly previousSigningKey?: string;
  /** What signed links begin with: the API's public address. */
  readonly publicUrl: string;
}

export type StorageConfig = {
  /** How far it may be filled. */
  readonly limits: StorageLimits;
} & (
  | { readonly backend: 's3'; readonly s3: S3Config }
  | { readonly backend: 'filesystem'; readonly filesystem: FilesystemStorageConfig }
);

/** How the API treats its clients' connections. */
export interface HttpConfig {
  /** Where clients reach the API. */
  readonly publicUrl: string;
  /** Web pages that may call the API from a browser; `*` for every one. */
  readonly corsOrigins: readonly string[];
  /** Reverse proxies whose word about the address of a client is believed, in Express's notation. */
  readonly trustedProxies: readonly string[];
  readonly requestTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly uploadPace: UploadPaceConfig;
  readonly answerStallMs: number;
  readonly keepAliveMs: number;
  /** Each of one process. */
  readonly maxConnections: number;
  /** Connections of one address, of IPv6 one network; those of trusted proxies are not limited. */
  readonly maxConnectionsPerClient: number;
  readonly maxConcurrentUploads: number;
  /** Those of one client. */
  readonly maxUploadsPerClient: number;
  /** Of one process, on average over two seconds; 0 for any number. */
  readonly uploadsPerSecondPerClient: number;
}

/** How fast an upload must come. */
export interface UploadPaceConfig {
  /** How long it may go without a byte. */
  readonly stallMs: number;
  /** For its first `graceBytes` to come. */
  readonly graceMs: number;
  readonly graceBytes: number;
  /** On average from then on; 0 asks for nothing, in the grace period either. */
  readonly minBytesPerSecond: number;
}

/** Where traces go. The exporter reads the rest of the OTEL_* variables itself. */
export interface TracingConfig {
  readonly protocol: OtlpProtocol;
  /** Share of the traces that are kept, 0..1. */
  readonly sampleRatio: number;
  /** Whether callers decide if theirs are. */
  readonly trustCallers: boolean;
}

export interface SentryConfig {
  readonly dsn: string;
  readonly release: string;
  readonly environment: string;
}

/** What is told to others, besides logs and metrics; nothing unless asked for. */
export interface TelemetryConfig {
  readonly tracing?: TracingConfig;
  readonly sentry?: SentryConfig;
}

/** How one API process checks photos. */
export interface InspectionConfig {
  readonly concurrency: number;
  readonly memoryBytes: number;
  /** Photos of one client that are checked side by side while those of others wait. */
  readonly perClient: number;
  /** Seconds of decoding that a client may use in a minute before its photos come after those of others. */
  readonly clientSecondsPerMinute: number;
}

export interface AppConfig {
  readonly version: string;
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
  readonly telemetry: TelemetryConfig;
  /** Of the processes that decode and render. */
  readonly sandbox: SandboxSetting;
  readonly api: {
    readonly host?: string;
    readonly port: number;
    readonly processes: number;
    /** For the new processes of a reload to get ready. */
    readonly reloadTimeoutMs: number;
    /** A listener for metrics and health alone; without it metrics are told at the port of the API. */
    readonly operations?: { readonly host?: string; readonly port: number };
    readonly http: HttpConfig;
    /** Of each process. */
    readonly inspection: InspectionConfig;
    /** Renders of the deployment that may be queued at once, in all and of one client; 0 for any number. */
    readonly waiting: { readonly total: number; readonly perClient: number };
  };
  /** How long work under way may still take once the process was told to stop. */
  readonly shutdownGraceSeconds: number;
  /** How long before that the API says it is not ready, and still takes everything. */
  readonly shutdownDelaySeconds: number;
  readonly worker: {
    /** Address of health and metrics; every one of the machine when undefined. */
    readonly host?: string;
    readonly port: number;
    /** What logs and the queue call it. */
    readonly name: string;
    readonly concurrency: number;
    /** Painting threads of one render; by default as many as the processors that the worker may use. */
    readonly threads?: number;
    readonly reconcileSeconds: number;
    readonly sweepSeconds: number;
    readonly orphanAgeSeconds: number;
    /** Days that prints and photos are kept once their render is completed; 0 for ever. */
    readonly retentionDays: number;
    /** Before then nothing is removed for its age, so that an upgrade does not come as a surprise. */
    readonly retentionNotBefore?: Date;
    readonly maxLost: number;
    readonly renderTimeoutMs: number;
    readonly renderMemoryBytes: number;
  };
  readonly database: DatabaseConfig;
  readonly queue: QueueConfig;
  readonly storage: StorageConfig;
}

export interface MigrationConfig {
  readonly database: DatabaseConfig;
  readonly queueBackend: QueueConfig['backend'];
}
