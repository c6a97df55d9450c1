import { type DynamicModule, Module } from '@nestjs/common';
import { ObjectStore, type StorageLimits, StorageRoom } from '#core';
import { RenderStatistics, StorageUsageRepository } from '#persistence';

/** Provides {@link StorageRoom} over the object store and the database, which are provided globally. */
@Module({})
export class StorageRoomModule {
  static forRoot(limits: StorageLimits): DynamicModule {
    return {
      module: StorageRoomModule,
      global: true,
      providers: [
        {
          provide: StorageRoom,
          inject: [ObjectStore, StorageUsageRepository, RenderStatistics],
          useFactory: (objects: ObjectStore, usage: StorageUsageRepository, statistics: RenderStatistics) =>
            new StorageRoom(objects, usage, statistics, limits),
        },
      ],
      exports: [StorageRoom],
    };
  }
}
