import type { DatabaseConfig, QueueConfig } from '#config';
import { BullMqRenderConsumer, BullMqRenderQueue, migratePostgresQueue } from '#queue';
import { createDatabase, dropDatabase } from '../support/servers.js';
import { renderQueueContract, WORKER_NAME } from './render-queue.contract.js';

describe('render queue on PostgreSQL', () => {
  renderQueueContract(async () => {
    const database: DatabaseConfig = await createDatabase();
    await migratePostgresQueue(database);
    const config: QueueConfig = { backend: 'postgres', lockSeconds: 30, retrySeconds: 1, database };
    const queue = new BullMqRenderQueue(config);
    return {
      queue,
      openConsumer: (concurrency = 1) => new BullMqRenderConsumer(config, concurrency, WORKER_NAME),
      close: async () => {
        await queue.close();
        await dropDatabase(database);
      },
    };
  });
});
