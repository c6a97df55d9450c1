export { migratePostgresQueue } from './backend.js';
export { BullMqRenderConsumer } from './bullmq-render-consumer.js';
export { BullMqRenderQueue } from './bullmq-render-queue.js';
export { QueueModule } from './queue.module.js';
export { readRedisInfo, type RedisInfo } from './redis-info.js';
