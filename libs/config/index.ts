export * from './app-config.js';
export { LOG_LEVELS, type LogLevel } from './environment.js';
export { loadConfig, loadDatabaseConfig } from './load-config.js';
