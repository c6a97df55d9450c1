import type { DatabaseConfig, QueueConfig } from '#config';
import { BullMqRenderQueue, migratePostgresQueue } from '#queue';
import { ConsumerApplication } from '../support/consumer-application.js';
import { createDatabase, dropDatabase } from '../support/servers.js';
import { renderQueueContract, WORKER_NAME } from './render-queue.contract.js';

describe('render queue on PostgreSQL', () => {
  renderQueueContract(async () => {
    const database: DatabaseConfig = await createDatabase();
    await migratePostgresQueue(database);
    const config: QueueConfig = { backend: 'postgres', lockSeconds: 30, retrySeconds: 1, database };
    const queue = BullMqRenderQueue.open(config);
    return {
      queue,
      openConsumer: (concurrency = 1) => new ConsumerApplication(config, concurrency, WORKER_NAME),
      close: async () => {
        await queue.close();
        await dropDatabase(database);
      },
    };
  });
});
