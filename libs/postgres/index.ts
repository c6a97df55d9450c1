export { connectionSettings, poolAddress } from './connection-settings.js';
