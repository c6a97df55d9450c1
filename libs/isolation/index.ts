export { DEATH_REASONS, type DeathReason, ProcessDeath } from './process-death.js';
export { type OrderWatch, ProcessPool, type ProcessPoolOptions } from './process-pool.js';
export { serveOrders } from './serve-orders.js';
export { PoolBusy } from './slots.js';
