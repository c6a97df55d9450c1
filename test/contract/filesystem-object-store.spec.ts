import { createServer, type Server } from 'node:http';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FilesystemObjectStore, SignedLinks } from '#storage';
import { serveSignedObjects } from '../support/signed-objects-app.js';
import { objectStoreContract } from './object-store.contract.js';

const SECRET = 'k'.repeat(32);

async function freePort(): Promise<number> {
  const probe: Server = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

describe('filesystem object store', () => {
  objectStoreContract(async () => {
    const root = await mkdtemp(path.join(tmpdir(), 'objects-'));
    const port = await freePort();
    const links = new SignedLinks(SECRET, `http://127.0.0.1:${port}/v1/objects`);
    const store = new FilesystemObjectStore(root, links);
    const app = await serveSignedObjects(store, links, port);
    return {
      store,
      checksSignatures: true,
      close: async () => {
        await app.close();
        await rm(root, { recursive: true });
      },
    };
  });

  describe('on its disk', () => {
    let root: string;
    let store: FilesystemObjectStore;
    beforeEach(async () => {
      root = await mkdtemp(path.join(tmpdir(), 'objects-'));
      store = new FilesystemObjectStore(root, new SignedLinks(SECRET, 'http://x'));
      await store.prepare();
    });
    afterEach(() => rm(root, { recursive: true }));

    it.each(['../outside', 'a/../../b', '/etc/passwd', 'a//b', 'a/./b', 'a\\b', 'a\0b', '.staging/x', ''])(
      'never follows the key %j',
      async (key) => {
        await expect(store.putFile(key, __filename)).rejects.toMatchObject({ code: 'object_missing' });
        await expect(store.read(key)).rejects.toMatchObject({ code: 'object_missing' });
      },
    );

    it('leaves nothing half-written and no empty folder', async () => {
      await expect(store.putFile('uploads/1/x', '/does/not/exist')).rejects.toMatchObject({
        code: 'storage_unavailable',
      });
      await store.putFile('uploads/2/x', __filename);
      await store.remove('uploads/2/x');
      expect(await readdir(root)).toEqual(['.staging']);
      expect(await readdir(path.join(root, '.staging'))).toEqual([]);
    });
  });

  it('tells a link that was altered in any part from a good one', () => {
    let now = 1_000_000_000_000;
    const links = new SignedLinks(SECRET, 'http://x/v1/objects', () => now);
    const options = { expiresInSeconds: 10, downloadName: 'a b.tiff', contentType: 'image/tiff' };
    const query = Object.fromEntries(new URL(links.sign('renders/1/output.tiff', options)).searchParams);
    const good = query as { expires: string; name: string; type: string; signature: string };
    expect(links.verify('renders/1/output.tiff', good)).toEqual({
      key: 'renders/1/output.tiff',
      downloadName: 'a b.tiff',
      contentType: 'image/tiff',
    });
    for (const change of [
      { expires: String(Number(good.expires) + 1) },
      { name: 'b.tiff' },
      { type: 'text/html' },
      { signature: good.signature.replace(/.$/, (c) => (c === '0' ? '1' : '0')) },
      { signature: '' },
      { signature: good.signature.slice(2) },
    ]) {
      expect(() => links.verify('renders/1/output.tiff', { ...good, ...change })).toThrow('Invalid link signature');
    }
    expect(() => links.verify('renders/2/output.tiff', good)).toThrow('Invalid link signature');
    now += 10_000;
    expect(() => links.verify('renders/1/output.tiff', good)).toThrow('expired');
  });
});
