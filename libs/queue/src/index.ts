export { BullMqRenderQueue } from './bullmq-render-queue.js';
export { JobQueue, type NewQueueJob } from './job-queue.js';
export { QueueConsumers } from './queue-consumers.js';
export { defineQueue, type QueueDefinition } from './queue-definition.js';
export { QueueProcessor } from './queue-processor.js';
export { migratePostgresQueue } from './queue-server.js';
export { QueueModule } from './queue.module.js';
export { readRedisInfo, type RedisInfo } from './redis-info.js';
export { RENDERS } from './renders.js';
