export { clientKey } from './client-key.js';
export { ConnectionGate, RESERVED_CONNECTIONS } from './connection-gate.js';
export type { Refusal } from './connection-limits.js';
export type { Eviction } from './connection-pool.js';
export { strictExpress } from './strict-express.js';
