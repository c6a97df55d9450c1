import {
  type DynamicModule,
  type FactoryProvider,
  Injectable,
  Logger,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { BackgroundConnector, OutageLog, ObjectStore, StorageObserver } from '#core';
import type { StorageConfig, TimeLimits } from '#config';
import { FilesystemObjectStore } from './filesystem/filesystem-object-store.js';
import { SignedLinks } from './filesystem/signed-links.js';
import { MeasuredObjectStore } from './measured-object-store.js';
import { folderStore, signedLinks } from './open-object-store.js';
import { S3ObjectStore } from './s3/s3-object-store.js';

/** Prepares the store behind the starting process; it need not be up yet. */
@Injectable()
class StorageLifecycle implements OnModuleInit, OnApplicationShutdown {
  private readonly start = new BackgroundConnector(new OutageLog(new Logger('storage'), 'Object storage'), () =>
    this.store.prepare(),
  );

  constructor(private readonly store: ObjectStore) {}

  async onModuleInit(): Promise<void> {
    await this.start.start();
  }

  async onApplicationShutdown(): Promise<void> {
    this.start.stop();
    await this.store.close();
  }
}

/** Provides {@link ObjectStore} on the configured backend; on the filesystem also what serves its signed links. */
@Module({})
export class StorageModule {
  static forRoot(config: StorageConfig, limits: TimeLimits): DynamicModule {
    if (config.backend === 's3') {
      const store = measured(() => new S3ObjectStore(config.s3, limits));
      return {
        module: StorageModule,
        global: true,
        providers: [store, StorageLifecycle],
        exports: [ObjectStore],
      };
    }
    const links = signedLinks(config.filesystem);
    const store = folderStore(config, links);
    return {
      module: StorageModule,
      global: true,
      providers: [
        measured(() => store),
        { provide: FilesystemObjectStore, useValue: store },
        { provide: SignedLinks, useValue: links },
        StorageLifecycle,
      ],
      exports: [ObjectStore, FilesystemObjectStore, SignedLinks],
    };
  }
}

/** The store, measured where an observer is registered. */
function measured(open: () => ObjectStore): FactoryProvider<ObjectStore> {
  return {
    provide: ObjectStore,
    inject: [{ token: StorageObserver, optional: true }],
    useFactory: (observer?: StorageObserver) => (observer ? new MeasuredObjectStore(open(), observer) : open()),
  };
}
