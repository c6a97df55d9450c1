const adapter = `import { FilesystemObjectStore } from '../filesystem/filesystem-object-store.js';
import type { SignedLinks } from '../filesystem/signed-links.js';

/** Objects in a folder of the memory's file system: gone when the machine restarts. */
export class MemoryObjectStore extends FilesystemObjectStore {
  constructor(root: string, links: SignedLinks) {
    super(root, links);
  }
}
`;

const spec = `import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { SignedLinks } from '#storage';
import { MemoryObjectStore } from '../../libs/storage/src/memory/memory-object-store.js';
import { freePort } from '../support/processes.js';
import { serveSignedObjects } from '../support/signed-objects-app.js';
import { objectStoreContract } from './object-store.contract.js';

describe('memory object store', () => {
  objectStoreContract(async () => {
    const [root, port] = [\`/dev/shm/\${randomUUID()}\`, await freePort()];
    const links = new SignedLinks('k'.repeat(32), \`http://127.0.0.1:\${port}/v1/objects\`);
    const store = new MemoryObjectStore(root, links);
    const app = await serveSignedObjects(store, links, port);
    return {
      store,
      checksSignatures: true,
      knowsFreeRoom: true,
      close: async () => {
        await app.close();
        await rm(root, { recursive: true });
      },
    };
  });
});
`;

/** A storage backend: its adapter, its settings, and where a store is opened; the contract suite of the port proves it. */
export const storageBackend = {
  name: 'a storage backend',
  limit: 3,
  steps(project) {
    project.write('libs/storage/src/memory/memory-object-store.ts', adapter);
    const settings = 'libs/config/src/namespaces/storage.config.ts';
    project.edit(settings, "choice(['s3', 'filesystem'])", "choice(['s3', 'filesystem', 'memory'])");
    project.edit(
      settings,
      '    STORAGE_QUOTA_MB: count(',
      `    MEMORY_SIGNING_KEY: signingKey({
      required: true,
      when: { STORAGE_BACKEND: 'memory' },
      secret: true,
      description: 'Secret that signs links to files in memory.',
    }),
    STORAGE_QUOTA_MB: count(`,
    );
    project.edit(
      settings,
      "    if (env.STORAGE_BACKEND === 'filesystem') {",
      `    if (env.STORAGE_BACKEND === 'memory') {
      const [root, signingKey] = ['/dev/shm/pop-render', env.MEMORY_SIGNING_KEY];
      const filesystem = { root, signingKey, previousSigningKey: undefined, publicUrl: publicUrl(env) };
      return { backend: 'memory' as const, limits, filesystem };
    }
    if (env.STORAGE_BACKEND === 'filesystem') {`,
    );
    const open = 'libs/storage/src/open-object-store.ts';
    project.edit(
      open,
      'import { S3ObjectStore }',
      "import { MemoryObjectStore } from './memory/memory-object-store.js';\nimport { S3ObjectStore }",
    );
    project.edit(
      open,
      'export function folderStore({ filesystem }: FolderStorageConfig, links: SignedLinks): FilesystemObjectStore {',
      `export function folderStore({ backend, filesystem }: FolderStorageConfig, links: SignedLinks): FilesystemObjectStore {
  if (backend === 'memory') return new MemoryObjectStore(filesystem.root, links);`,
    );
    project.write('test/contract/memory-object-store.spec.ts', spec);
  },
  test: 'contract/memory-object-store',
};
