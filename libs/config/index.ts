export * from './app-config.js';
export { withEnvironmentFile } from './environment-file.js';
export { LOG_LEVELS, type LogLevel } from './environment.js';
export { loadConfig, loadMigrationConfig } from './load-config.js';
export * from './time-limits.js';
