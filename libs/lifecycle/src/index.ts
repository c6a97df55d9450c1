export { runService, type Service } from './run-service.js';
export { clientKey } from './http/client-key.js';
export { ConnectionGate, RESERVED_CONNECTIONS } from './http/connection-gate.js';
export type { Refusal } from './http/connection-limits.js';
export type { Eviction } from './http/connection-pool.js';
export { strictExpress } from './http/strict-express.js';
