export { connectionSettings, poolAddress } from './connection-settings.js';
export { watchedDriver } from './watched-driver.js';
