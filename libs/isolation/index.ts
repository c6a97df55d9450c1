export { DEATH_REASONS, type DeathReason, ProcessDeath } from './process-death.js';
export { type OrderWatch, ProcessPool, type ProcessPoolOptions } from './process-pool.js';
export { checked, type CheckResult } from './process-report.js';
export { type ChosenSandbox, chooseSandbox } from './sandbox/choose-sandbox.js';
export { PROTECTIONS, type Protection, SANDBOX_MODES, type SandboxMode } from './sandbox/sandbox.js';
export { serveOrders } from './serve-orders.js';
export { PoolBusy } from './slots.js';
export { inputPath, outputPath, type TaskFiles } from './task-files.js';
