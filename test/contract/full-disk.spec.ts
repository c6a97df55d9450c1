import type * as Files from 'node:fs/promises';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { FilesystemObjectStore, SignedLinks } from '#storage';
import { temporaryFolder } from '../support/processes.js';

let full = false;
jest.mock('node:fs/promises', () => {
  const real = jest.requireActual<typeof Files>('node:fs/promises');
  const copyFile: typeof real.copyFile = async (source, target, mode) => {
    if (!full) return real.copyFile(source, target, mode);
    // As a disk that fills up on the way.
    await real.writeFile(target, 'the first half');
    throw Object.assign(new Error('ENOSPC: no space left on device, copyfile'), { code: 'ENOSPC' });
  };
  return { ...real, copyFile };
});

describe('the filesystem store on a full disk', () => {
  it('refuses as unavailable, keeps what was there and leaves nothing half written', async () => {
    const [root, remove] = await temporaryFolder();
    const [folder, removeFolder] = await temporaryFolder();
    const store = new FilesystemObjectStore(root, new SignedLinks('k'.repeat(32), ''));
    await store.prepare();
    const file = path.join(folder, 'file');
    await writeFile(file, 'whole');
    await store.putFile('a/b', file);

    full = true;
    await expect(store.putFile('a/b', file)).rejects.toMatchObject({
      code: 'storage_unavailable',
      policy: { status: 503 },
    });
    await expect(store.copy('a/b', 'a/c')).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(await readdir(path.join(root, '.staging'))).toEqual([]);
    expect(await store.stat('a/b')).toEqual({ key: 'a/b', sizeBytes: 5 });
    expect(await store.stat('a/c')).toBeNull();

    full = false;
    await store.putFile('a/c', file);
    await remove();
    await removeFolder();
  });
});
