export { describe, runService, type Service } from './run-service.js';
