export { cpuLimit, memoryLimit } from './cgroup.js';
export { openFilesLimit } from './open-files.js';
export { childProcesses, treeResidentBytes } from './process-tree.js';
export { residentBytes } from './resident-memory.js';
