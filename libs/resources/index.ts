export { cpuLimit, memoryLimit } from './control-group.js';
export { residentBytes } from './resident-memory.js';
