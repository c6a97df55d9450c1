export * from './app-config.js';
export {
  embeddedVariables,
  type EmbeddedSecrets,
  postgresFolder,
  secretsFile,
  withEmbeddedProfile,
} from './embedded-profile.js';
export { withEnvironmentFile } from './environment-file.js';
export { LOG_LEVELS, type LogFormat, type LogLevel, type OtlpProtocol } from './environment.js';
export { loadConfig, loadMigrationConfig, loadServersConfig, type ServerName } from './load-config.js';
export {
  exposedSecrets,
  knownEnvironment,
  onlySecrets,
  SECRET_NAME,
  takeEnvironment,
  withoutSecrets,
} from './secret-variables.js';
export * from './time-limits.js';
