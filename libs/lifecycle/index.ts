export { describe } from './describe.js';
export { runService, type Service } from './run-service.js';
