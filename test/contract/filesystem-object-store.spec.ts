import { createServer, type Server } from 'node:http';
import { chmod, mkdtemp, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
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
      knowsFreeRoom: true,
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

  it('guarantee: stored photos and prints are readable by the service user only', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'objects-'));
    const before = process.umask(0);
    try {
      const source = path.join(folder, 'upload');
      await writeFile(source, 'photo', { mode: 0o666 });
      const root = path.join(folder, 'made/root');
      const store = new FilesystemObjectStore(root, new SignedLinks(SECRET, 'http://x'));
      await store.prepare();
      await store.putFile('uploads/1/a', source);
      await store.copy('uploads/1/a', 'renders/2/b');
      await store.fetchToFile('renders/2/b', path.join(root, 'fetched'));
      const all = await readdir(root, { recursive: true, withFileTypes: true });
      expect(all.filter((entry) => entry.isFile())).toHaveLength(3);
      for (const entry of all) {
        const { mode } = await stat(path.join(entry.parentPath, entry.name));
        expect([entry.name, mode & 0o777]).toEqual([entry.name, entry.isFile() ? 0o600 : 0o700]);
      }
      expect((await stat(root)).mode & 0o777).toBe(0o700);
      // Of a version that did not see to it.
      await chmod(path.join(root, '.staging'), 0o777);
      await store.prepare();
      expect((await stat(path.join(root, '.staging'))).mode & 0o777).toBe(0o700);
    } finally {
      process.umask(before);
      await rm(folder, { recursive: true });
    }
  });

  it('removes what has been in the staging folder for long, itself and not what it leads to', async () => {
    const root = await mkdtemp(path.join(tmpdir(), 'objects-'));
    const store = new FilesystemObjectStore(root, new SignedLinks(SECRET, 'http://x'));
    await store.prepare();
    const old = path.join(root, 'old');
    await writeFile(old, 'x');
    await utimes(old, 1, 1);
    await symlink(old, path.join(root, '.staging/young-link'));
    await store.discardUnfinished(new Date(Date.now() - 60_000));
    expect(await readdir(path.join(root, '.staging'))).toEqual(['young-link']);
    await store.discardUnfinished(new Date(Date.now() + 60_000));
    expect([await readdir(path.join(root, '.staging')), await readdir(root)]).toEqual([[], ['.staging', 'old']]);
    await rm(root, { recursive: true });
  });

  it('detects a link that was altered in any part', () => {
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
      { signature: `${good.signature}zz` },
      { signature: `${good.signature}00` },
      { signature: good.signature.toUpperCase() },
      { signature: ` ${good.signature}` },
      { signature: `${good.signature}\n` },
    ]) {
      expect(() => links.verify('renders/1/output.tiff', { ...good, ...change })).toThrow('Invalid link signature');
    }
    expect(() => links.verify('renders/2/output.tiff', good)).toThrow('Invalid link signature');
    now += 10_000;
    expect(() => links.verify('renders/1/output.tiff', good)).toThrow('expired');
  });

  it('guarantee: rotating the signing key breaks no link', () => {
    const options = { expiresInSeconds: 10, downloadName: 'a.tiff', contentType: 'image/tiff' };
    const [old, next] = ['o'.repeat(32), 'n'.repeat(32)];
    const service = (secret: string, previous?: string): SignedLinks =>
      new SignedLinks(secret, 'http://x/v1/objects', Date.now, previous);
    const opens = (by: SignedLinks, link: string): boolean => {
      const { expires, name, type, signature } = Object.fromEntries(new URL(link).searchParams);
      try {
        return by.verify('renders/1/output.tiff', { expires, name, type, signature }).downloadName === 'a.tiff';
      } catch {
        return false;
      }
    };
    // First every process learns the next key, then every process signs with it.
    const steps = [service(old), service(old, next), service(next, old)];
    for (const [i, one] of steps.entries()) {
      const link = one.sign('renders/1/output.tiff', options);
      for (const other of steps.slice(Math.max(0, i - 1), i + 2)) expect(opens(other, link)).toBe(true);
    }
    expect(opens(service(next), service(old).sign('renders/1/output.tiff', options))).toBe(false);
    // What is signed is signed with the first of the two.
    expect(opens(service(next), service(next, old).sign('renders/1/output.tiff', options))).toBe(true);
  });
});
