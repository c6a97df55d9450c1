export { cpuLimit, memoryLimit } from './control-group.js';
export { childProcesses, treeResidentBytes } from './process-tree.js';
export { residentBytes } from './resident-memory.js';
