export { connectionSettings, poolAddress } from './connection-settings.js';
export { type DatabaseAddress, ensureOwnedDatabase } from './owned-database.js';
export { instrumentedDriver } from './instrumented-driver.js';
