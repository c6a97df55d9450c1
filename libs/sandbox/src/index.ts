export { EXIT_REASONS, type ExitReason, ProcessExitError } from './processes/process-exit-error.js';
export { ClientBudgets } from './scheduling/client-budgets.js';
export { LANES, type Lane, REFUSALS, type Refusal } from './scheduling/fair-queue.js';
export {
  FairScheduler,
  type SchedulerLimits,
  type SchedulerObserver,
  WorkRefused,
} from './scheduling/fair-scheduler.js';
export { type TaskOptions, ProcessPool, type ProcessPoolOptions } from './processes/process-pool.js';
export { checked, type CheckResult } from './processes/process-report.js';
export { type ChosenSandbox, chooseSandbox } from './confinement/choose-sandbox.js';
export { PROTECTIONS, type Protection, SANDBOX_MODES, type SandboxMode } from './confinement/sandbox.js';
export { serveTasks } from './processes/serve-tasks.js';
export { inputPath, outputPath, type TaskFiles } from './processes/task-files.js';
export { cpuLimit, memoryLimit } from './resources/cgroup.js';
export { openFilesLimit } from './resources/open-files.js';
export { childProcesses, treeResidentBytes } from './resources/process-tree.js';
export { residentBytes } from './resources/resident-memory.js';
export { removeFolder } from './temp/remove-folder.js';
export { removeStaleDirectory, staleDirectories, TempDirectory } from './temp/temp-directory.js';
