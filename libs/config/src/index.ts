export type { AppConfig, HttpConfig, MigrationConfig } from './app-config.js';
export {
  embeddedDefaults,
  embeddedVariables,
  type EmbeddedSecrets,
  postgresFolder,
  secretsFile,
  withEmbeddedProfile,
} from './embedded-profile.js';
export { withEnvironmentFile } from './environment-file.js';
export { loadConfig, loadMigrationConfig, loadServersConfig, type ServerName } from './load-config.js';
export type { DatabaseConfig } from './namespaces/database.config.js';
export { LOG_LEVELS, type LogFormat, type LogLevel } from './namespaces/logging.config.js';
export { QUEUE_POOL_MAX, type QueueConfig, type RedisConfig } from './namespaces/queue.config.js';
export type { FilesystemStorageConfig, S3Config, S3Endpoint, StorageConfig } from './namespaces/storage.config.js';
export type { SentryConfig, TelemetryConfig, TracingConfig } from './namespaces/telemetry.config.js';
export type { UploadPaceConfig } from './namespaces/uploads.config.js';
export { exposedSecrets, knownEnvironment, onlySecrets, takeEnvironment, withoutSecrets } from './secret-variables.js';
export * from './time-limits.js';
