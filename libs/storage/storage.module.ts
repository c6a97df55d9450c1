import { type DynamicModule, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { ObjectStore } from '#core';
import type { StorageConfig } from '#config';
import { FilesystemObjectStore } from './filesystem/filesystem-object-store.js';
import { SignedLinks } from './filesystem/signed-links.js';
import { S3ObjectStore } from './s3/s3-object-store.js';

/** Route of the API under which the filesystem adapter's objects are served. */
export const OBJECTS_ROUTE = '/v1/objects';

@Injectable()
class StorageLifecycle implements OnApplicationShutdown {
  constructor(private readonly store: ObjectStore) {}

  async onApplicationShutdown(): Promise<void> {
    await this.store.close();
  }
}

/** Provides {@link ObjectStore} on the configured backend; on the filesystem also what serves its signed links. */
@Module({})
export class StorageModule {
  static forRoot(config: StorageConfig): DynamicModule {
    if (config.backend === 's3') {
      const store = { provide: ObjectStore, useFactory: () => new S3ObjectStore(config.s3) };
      return { module: StorageModule, global: true, providers: [store, StorageLifecycle], exports: [ObjectStore] };
    }
    const { root, signingKey, publicUrl } = config.filesystem;
    const links = new SignedLinks(signingKey, publicUrl + OBJECTS_ROUTE);
    const store = new FilesystemObjectStore(root, links);
    return {
      module: StorageModule,
      global: true,
      providers: [
        { provide: ObjectStore, useValue: store },
        { provide: FilesystemObjectStore, useValue: store },
        { provide: SignedLinks, useValue: links },
        StorageLifecycle,
      ],
      exports: [ObjectStore, FilesystemObjectStore, SignedLinks],
    };
  }
}
