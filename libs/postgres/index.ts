export { connectionSettings, poolAddress } from './connection-settings.js';
export { type DatabaseAddress, ensureOwnedDatabase } from './owned-database.js';
export { watchedDriver } from './watched-driver.js';
