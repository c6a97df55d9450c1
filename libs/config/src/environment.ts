import { Transform } from 'class-transformer';
import { IsIn, IsNotEmpty, IsOptional, IsUrl, Matches, ValidateIf } from 'class-validator';
import { Count, Flag, OtherPortThan, Port, ProxyList, Share, SigningKey } from './variable-rules.js';

export const LOG_LEVELS = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
const LOG_FORMATS = ['auto', 'json', 'pretty'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];
const OTLP_PROTOCOLS = ['http/protobuf', 'http/json'] as const;
export type OtlpProtocol = (typeof OTLP_PROTOCOLS)[number];
const SANDBOXES = ['auto', 'required', 'off'] as const;
export type SandboxSetting = (typeof SANDBOXES)[number];

const HOST = /^[0-9A-Za-z.:-]+$/;
const hostForm = '$property must be an IP address or host name, not "$value"';
const ENDPOINT = /^(https?:\/\/)?[A-Za-z0-9.-]+(:\d{1,5})?\/?$/;
const ORIGINS = /^(\*|\s*https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?\s*(,\s*https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?\s*)*)$/;
const endpointForm = '$property must be host:port or a http(s) URL without a path, such as localhost:9000';

const HTTP_URL = { protocols: ['http', 'https'], require_protocol: true, require_tld: false };
const SENTRY_DSN = /^https?:\/\/[\w:-]+@[\w.-]+(:\d{1,5})?(\/[\w.-]+)*\/\d+$/;

const usesRedis = (env: Environment): boolean => env.QUEUE_BACKEND === 'redis';
const usesS3 = (env: Environment): boolean => env.STORAGE_BACKEND === 's3';
const usesFilesystem = (env: Environment): boolean => env.STORAGE_BACKEND === 'filesystem';

/** Every variable the servers read, with its default. An empty value counts as unset. */
export class Environment {
  @IsNotEmpty()
  DB_HOST: string = 'localhost';
  @Port()
  DB_PORT: number = 5432;
  @IsNotEmpty()
  DB_NAME: string = 'aso_render';
  @IsNotEmpty()
  DB_USER: string = 'postgres';
  @IsNotEmpty({ message: '$property is required: the password of the database user' })
  DB_PASSWORD: string;

  @IsIn(['redis', 'postgres'], { message: '$property must be redis or postgres, not "$value"' })
  QUEUE_BACKEND: 'redis' | 'postgres' = 'redis';
  /** Seconds a worker's claim on a job lasts without renewal; a dead worker's job is taken over after it. */
  @Count(1, 3600)
  QUEUE_LOCK_SECONDS: number = 30;
  @ValidateIf(usesRedis)
  @IsNotEmpty()
  REDIS_HOST: string = 'localhost';
  @ValidateIf(usesRedis)
  @Port()
  REDIS_PORT: number = 6379;
  @ValidateIf(usesRedis)
  @Count(0, 1_000_000)
  REDIS_DB: number = 0;
  @IsOptional()
  REDIS_USERNAME?: string;
  @IsOptional()
  REDIS_PASSWORD?: string;
  @Flag()
  @IsIn([true, false], { message: '$property must be true or false, not "$value"' })
  REDIS_TLS: boolean = false;

  @IsIn(['s3', 'filesystem'], { message: '$property must be s3 or filesystem, not "$value"' })
  STORAGE_BACKEND: 's3' | 'filesystem' = 's3';
  @ValidateIf(usesS3)
  @IsNotEmpty({ message: '$property is required: where the S3 server listens, such as localhost:9000' })
  @Matches(ENDPOINT, { message: endpointForm })
  MINIO_ENDPOINT: string;
  @ValidateIf(usesS3)
  @IsNotEmpty({ message: '$property is required: the access key of the S3 server' })
  MINIO_ACCESS_KEY: string;
  @ValidateIf(usesS3)
  @IsNotEmpty({ message: '$property is required: the secret key of the S3 server' })
  MINIO_SECRET_KEY: string;
  @ValidateIf(usesS3)
  @Matches(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, {
    message: '$property must be a bucket name: 3 to 63 of a-z, 0-9, "." and "-"',
  })
  MINIO_BUCKET: string = 'render-assets';
  @ValidateIf(usesS3)
  @IsNotEmpty()
  MINIO_REGION: string = 'us-east-1';
  @Flag()
  @IsIn([true, false], { message: '$property must be true or false, not "$value"' })
  MINIO_USE_SSL: boolean = false;
  @Flag()
  @IsIn([true, false], { message: '$property must be true or false, not "$value"' })
  MINIO_PATH_STYLE: boolean = true;
  /** The address clients reach the S3 server by, when it is not MINIO_ENDPOINT. */
  @IsOptional()
  @Matches(ENDPOINT, { message: endpointForm })
  MINIO_PUBLIC_ENDPOINT?: string;

  @ValidateIf(usesFilesystem)
  @IsNotEmpty({ message: '$property is required with STORAGE_BACKEND=filesystem: the folder for uploads and results' })
  STORAGE_ROOT?: string;
  @ValidateIf(usesFilesystem)
  @SigningKey()
  STORAGE_SIGNING_KEY?: string;
  /** A key whose links are still good, though no new ones are signed with it: the one before, or the next one. */
  @ValidateIf(usesFilesystem)
  @IsOptional()
  @SigningKey()
  STORAGE_SIGNING_KEY_PREVIOUS?: string;

  /** Megabytes that all stored objects together may take; beyond that no render is accepted. */
  @IsOptional()
  @Count(1, 1_000_000_000)
  STORAGE_QUOTA_MB?: number;
  /** Megabytes that are left free on the disk of a storage folder; with less no render is accepted. */
  @Count(0, 1_000_000_000)
  STORAGE_MIN_FREE_MB: number = 2048;
  /** Days that prints, previews and photos of completed renders are kept; 0 for ever. */
  @Count(0, 36_500)
  RETENTION_DAYS: number = 0;

  /** Address the API listens on; every one of the machine when unset. */
  @IsOptional()
  @Matches(HOST, { message: hostForm })
  API_HOST?: string;
  @Port()
  API_PORT: number = 8089;
  /** A port for metrics and health alone: metrics are told there and no longer at API_PORT. */
  @IsOptional()
  @Port()
  @OtherPortThan('API_PORT')
  METRICS_PORT?: number;
  /** Address of that port; every one of the machine when unset. */
  @IsOptional()
  @Matches(HOST, { message: hostForm })
  METRICS_HOST?: string;
  /** Where clients reach the API; links to stored files begin with it. Default http://localhost:API_PORT. */
  @IsOptional()
  @IsUrl(HTTP_URL, { message: '$property must be a http(s) URL, not "$value"' })
  PUBLIC_URL?: string;
  /**
   * Reverse proxies whose `X-Forwarded-For` is believed: addresses, networks such as 10.0.0.0/8, or loopback, linklocal,
   * uniquelocal. Without them every client is the address that its connection comes from.
   */
  @IsOptional()
  @ProxyList()
  TRUSTED_PROXIES?: string;
  @Count(1, 64)
  WORKER_COUNT: number = 2;
  /** Web pages that may call the API from a browser: exact origins, or `*`; none when unset. */
  @IsOptional()
  @Matches(ORIGINS, { message: '$property must be * or origins such as https://shop.example.com, separated by commas' })
  CORS_ORIGINS?: string;
  /** Seconds a client may take to send a whole request. */
  @Count(1, 3600)
  REQUEST_TIMEOUT_SECONDS: number = 300;
  /** Seconds a client may take to send the headers of a request. */
  @Count(1, 300)
  HEADERS_TIMEOUT_SECONDS: number = 10;
  /** Seconds an upload may go without a byte. */
  @Count(1, 600)
  UPLOAD_STALL_SECONDS: number = 20;
  /** Seconds after which an upload must have come as far as UPLOAD_GRACE_KB, and goes on at the minimum rate. */
  @Count(1, 600)
  UPLOAD_GRACE_SECONDS: number = 10;
  /** Kilobytes that must come in that time. */
  @Count(0, 51_200)
  UPLOAD_GRACE_KB: number = 64;
  /** Kilobytes a second that an upload must bring on average after it; 0: an upload may be as slow as it likes. */
  @Count(0, 51_200)
  UPLOAD_MIN_KB_PER_SECOND: number = 16;
  /** Seconds a client may leave the bytes of an answer untaken. */
  @Count(1, 3600)
  ANSWER_STALL_SECONDS: number = 60;
  /** Seconds an idle connection is kept: longer than load balancers keep theirs, so that they close first. */
  @Count(1, 3600)
  KEEP_ALIVE_SECONDS: number = 75;
  /** Open connections of one API process; a new one takes the place of an idle one. */
  @Count(1, 100_000)
  MAX_CONNECTIONS: number = 1000;
  /** Of these, connections of one address (of IPv6, of one network); those of TRUSTED_PROXIES are not limited. */
  @Count(1, 100_000)
  MAX_CONNECTIONS_PER_CLIENT: number = 256;
  /** Uploads that one API process receives side by side; more are asked to come back. */
  @Count(1, 10_000)
  MAX_CONCURRENT_UPLOADS: number = 32;
  /** Those of one client; by default three quarters of all. */
  @IsOptional()
  @Count(1, 10_000)
  MAX_UPLOADS_PER_CLIENT?: number;
  /** Uploads of one client that one API process takes a second, twice as many at once; 0 for any number. */
  @Count(0, 100_000)
  UPLOADS_PER_SECOND_PER_CLIENT: number = 20;
  /** Renders that may be queued at once, in the whole deployment; 0 for any number. */
  @Count(0, 10_000_000)
  MAX_WAITING_RENDERS: number = 2_000;
  /** Renders of one client that may be queued at once; 0 for any number. */
  @Count(0, 10_000_000)
  MAX_WAITING_RENDERS_PER_CLIENT: number = 200;
  /** Seconds that work under way may still take after SIGTERM. Kubernetes gives 30 before it kills. */
  @Count(1, 3600)
  SHUTDOWN_GRACE_SECONDS: number = 25;
  /** Seconds after SIGTERM in which the API still takes everything, unready, for load balancers to look elsewhere. */
  @Count(0, 600)
  SHUTDOWN_DELAY_SECONDS: number = 0;
  /** Seconds that the new processes of a reload have to get ready. */
  @Count(1, 600)
  RELOAD_TIMEOUT_SECONDS: number = 30;
  /** Address that health and metrics of a worker are told at; every one of the machine when unset. */
  @IsOptional()
  @Matches(HOST, { message: hostForm })
  WORKER_HOST?: string;
  @Port()
  WORKER_PORT: number = 8090;
  /** What a worker calls itself in logs and in the queue; by default its host and process. */
  @IsOptional()
  @Matches(/^[\w.:@-]{1,100}$/, { message: '$property must be 1 to 100 letters, digits or . : @ _ -, not "$value"' })
  WORKER_NAME?: string;
  /** Renders one worker process runs side by side. */
  @Count(1, 64)
  RENDER_CONCURRENCY: number = 1;
  /** Painting threads of one render; by default as many as the processors that the worker may use. */
  @IsOptional()
  @Count(1, 64)
  RENDER_THREADS?: number;
  /** Pause before the second try of a render; each further one is twice as long, up to 5 minutes. */
  @Count(1, 300)
  QUEUE_RETRY_SECONDS: number = 5;
  /** Seconds between two looks for objects that no render or upload names. */
  @Count(1, 604_800)
  SWEEP_SECONDS: number = 3600;
  /** Seconds an object must be old to be swept: longer than any upload and render. */
  @Count(1, 31_536_000)
  ORPHAN_AGE_SECONDS: number = 86_400;
  /** Seconds between two looks for renders that were lost. */
  @Count(1, 3600)
  RECONCILE_SECONDS: number = 10;
  /** A render whose worker or render process has died so often is failed: its photo is poison. */
  @Count(1, 100)
  RENDER_MAX_LOST_ATTEMPTS: number = 5;
  /** Seconds a single render may take before it is stopped and failed. */
  @Count(1, 86_400)
  RENDER_TIMEOUT_SECONDS: number = 600;
  /** Megabytes a single render may hold; by default its share of the container's memory. */
  @IsOptional()
  @Count(64, 1_048_576)
  RENDER_MEMORY_MB?: number;
  /** Photos that one API process checks side by side. */
  @Count(1, 64)
  INSPECT_CONCURRENCY: number = 2;
  /** Photos of one client that are checked side by side while those of others wait. */
  @Count(1, 64)
  INSPECT_CONCURRENCY_PER_CLIENT: number = 2;
  /** Seconds of decoding that a client may use in a minute before its photos come after those of others. */
  @Count(1, 3600)
  INSPECT_CLIENT_SECONDS: number = 20;
  /** Megabytes that checking one photo may take. */
  @Count(64, 1_048_576)
  INSPECT_MEMORY_MB: number = 1024;
  /** How the processes are confined that decode and render: as well as this machine allows, wholly or not at all. */
  @IsIn(SANDBOXES, { message: '$property must be auto, required or off, not "$value"' })
  SANDBOX: SandboxSetting = 'auto';
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim().toUpperCase() : value))
  @IsIn(LOG_LEVELS, { message: `$property must be one of ${LOG_LEVELS.join(', ')}, not "$value"` })
  LOG_LEVEL: LogLevel = 'INFO';
  /** `auto` is pretty on a terminal and JSON anywhere else. */
  @IsIn(LOG_FORMATS, { message: `$property must be one of ${LOG_FORMATS.join(', ')}, not "$value"` })
  LOG_FORMAT: LogFormat = 'auto';
  /** Collector of traces; none are made when unset. */
  @IsOptional()
  @IsUrl(HTTP_URL, { message: '$property must be a http(s) URL such as http://collector:4318' })
  OTEL_EXPORTER_OTLP_ENDPOINT?: string;
  @IsIn(OTLP_PROTOCOLS, { message: `$property must be ${OTLP_PROTOCOLS.join(' or ')}, not "$value"` })
  OTEL_EXPORTER_OTLP_PROTOCOL: OtlpProtocol = 'http/protobuf';
  @Flag()
  @IsIn([true, false], { message: '$property must be true or false, not "$value"' })
  OTEL_SDK_DISABLED: boolean = false;
  /** Share of the traces that are kept; those with an error are kept in any case. */
  @Share()
  TRACE_SAMPLE_RATIO: number = 0.1;
  /** Whether a caller's word that its trace is kept, or not, holds for ours: anybody can say so. */
  @Flag()
  @IsIn([true, false], { message: '$property must be true or false, not "$value"' })
  TRACE_TRUST_CALLERS: boolean = false;
  /** Where unforeseen errors and failed renders are reported to; nowhere when unset. Holds a key: it is never quoted. */
  @IsOptional()
  @Matches(SENTRY_DSN, { message: '$property must be like https://key@sentry.example.com/1' })
  SENTRY_DSN?: string;
  /** By default the version of the service. */
  @IsOptional()
  SENTRY_RELEASE?: string;
  /** By default NODE_ENV. */
  @IsOptional()
  SENTRY_ENVIRONMENT?: string;
  @IsOptional()
  NODE_ENV?: string;
}
