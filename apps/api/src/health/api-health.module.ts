import { Module } from '@nestjs/common';
import type { AppConfig } from '#config';
import { ObjectStore, RenderQueue } from '#core';
import { type HealthCheck, HealthModule, type HealthOptions } from '#health';
import { SERVICE } from '#observability';
import { DatabaseProbe } from '#persistence';
import { APP_CONFIG } from '../http/app-config.js';
import { ConnectionDrainer } from '../http/connection-drainer.js';

/** Health of the API: its process and the servers it depends on. */
@Module({
  imports: [
    HealthModule.forRoot({
      inject: [APP_CONFIG, ConnectionDrainer, DatabaseProbe, RenderQueue, ObjectStore],
      useFactory: (
        config: AppConfig,
        connections: ConnectionDrainer,
        database: DatabaseProbe,
        queue: RenderQueue,
        objects: ObjectStore,
      ): HealthOptions => ({
        service: SERVICE,
        version: config.version,
        checks: dependencyChecks(config, database, queue, objects),
        stopping: () => connections.draining,
      }),
    }),
  ],
})
export class ApiHealthModule {}

function dependencyChecks(
  config: AppConfig,
  database: DatabaseProbe,
  queue: RenderQueue,
  objects: ObjectStore,
): HealthCheck[] {
  const backend = config.queue.backend;
  return [
    { name: 'database', dependency: 'database', critical: true, check: () => database.ping() },
    {
      name: 'redis',
      dependency: backend === 'redis' ? 'redis' : undefined,
      critical: false,
      // On PostgreSQL there is no Redis to check: the database check covers it.
      check: async () => (backend === 'redis' ? queue.ping() : { backend }),
    },
    { name: 'storage', dependency: 'storage', critical: false, check: () => objects.ping() },
    { name: 'queue', critical: false, check: async () => ({ ...(await queue.counts()) }) },
  ];
}
