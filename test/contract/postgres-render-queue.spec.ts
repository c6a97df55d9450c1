import type { DatabaseConfig, QueueConfig } from '#config';
import { BullMqRenderConsumer, BullMqRenderQueue, migratePostgresQueue } from '#queue';
import { createDatabase, dropDatabase } from '../support/servers.js';
import { renderQueueContract } from './render-queue.contract.js';

describe('render queue on PostgreSQL', () => {
  renderQueueContract(async () => {
    const database: DatabaseConfig = await createDatabase();
    await migratePostgresQueue(database);
    const config: QueueConfig = { backend: 'postgres', lockSeconds: 30, retrySeconds: 1, database };
    const queue = new BullMqRenderQueue(config);
    return {
      queue,
      openConsumer: (concurrency = 1) => new BullMqRenderConsumer(config, concurrency),
      close: async () => {
        await queue.close();
        await dropDatabase(database);
      },
    };
  });
});
