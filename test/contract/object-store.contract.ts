import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { ListedObject, ObjectStore } from '#core';

export interface ObjectStoreFixture {
  readonly store: ObjectStore;
  /** Whether the server behind the links checks their signatures: the S3 server of the tests does not. */
  readonly checksSignatures: boolean;
  /** Whether it can ask its disk. */
  readonly knowsFreeRoom: boolean;
  close(): Promise<void>;
}

/** What every object store promises. */
export function objectStoreContract(open: () => Promise<ObjectStoreFixture>): void {
  let fixture: ObjectStoreFixture;
  let store: ObjectStore;
  let folder: string;

  beforeAll(async () => {
    fixture = await open();
    store = fixture.store;
    folder = await mkdtemp(path.join(tmpdir(), 'object-store-'));
    await store.prepare();
  });
  afterAll(async () => {
    await fixture.close();
    await rm(folder, { recursive: true });
  });

  async function put(key: string, content: Buffer | string, type = 'text/plain'): ReturnType<ObjectStore['putFile']> {
    const source = path.join(folder, randomUUID());
    await writeFile(source, content);
    return store.putFile(key, source, type);
  }

  async function listed(prefix: string): Promise<ListedObject[]> {
    const found: ListedObject[] = [];
    for await (const object of store.list(prefix)) found.push(object);
    return found.sort((a, b) => a.key.localeCompare(b.key));
  }

  it('is prepared as often as one likes', async () => {
    await store.prepare();
    await store.ping();
  });

  it('reports the free space, or null when it is unknown', async () => {
    const free = await store.freeBytes();
    if (free !== null) expect(free).toBeGreaterThan(0);
    expect(free === null).toBe(!fixture.knowsFreeRoom);
  });

  it('returns what was put, as a file and as a stream', async () => {
    const content = randomBytes(3_000_000);
    const key = `uploads/${randomUUID()}/photo.jpg`;
    expect(await put(key, content)).toEqual({ key, sizeBytes: content.length });
    const target = path.join(folder, 'fetched');
    expect(await store.fetchToFile(key, target)).toEqual({ key, sizeBytes: content.length });
    expect((await readFile(target)).equals(content)).toBe(true);
    expect((await buffer(await store.read(key))).equals(content)).toBe(true);
    expect(await store.stat(key)).toEqual({ key, sizeBytes: content.length });
  });

  it.each(['photo (1).jpg', 'Größe – 写真.png', "it's 100% + & = # ?.jpg", 'a'.repeat(200)])(
    'takes the name %s as it is',
    async (name) => {
      const key = `uploads/${randomUUID()}/${name}`;
      await put(key, name);
      expect((await buffer(await store.read(key))).toString()).toBe(name);
      // The S3 server of the tests does not encode the keys of a listing as its clients ask it to.
      if (!/[%+]/.test(name)) expect((await listed(key)).map((object) => object.key)).toEqual([key]);
      const response = await fetch(
        await store.signedLink(key, { expiresInSeconds: 60, downloadName: name, contentType: 'text/plain' }),
      );
      expect(await response.text()).toBe(name);
    },
  );

  it('replaces an object whole', async () => {
    const key = `renders/${randomUUID()}/output.tiff`;
    await put(key, 'a longer first version');
    await put(key, 'second');
    expect((await buffer(await store.read(key))).toString()).toBe('second');
    expect(await listed(key)).toEqual([{ key, sizeBytes: 6, modifiedAt: expect.anything() as Date }]);
  });

  it('copies an object whole, over another too', async () => {
    const [from, to] = [`renders/${randomUUID()}/a`, `renders/${randomUUID()}/b`];
    await put(from, 'the content');
    await put(to, 'something else');
    await store.copy(from, to);
    expect((await buffer(await store.read(to))).toString()).toBe('the content');
    expect(await store.stat(from)).toEqual({ key: from, sizeBytes: 11 });
    await expect(store.copy(`${from}-missing`, to)).rejects.toMatchObject({ code: 'object_missing' });
    expect((await buffer(await store.read(to))).toString()).toBe('the content');
  });

  it('stores an empty object', async () => {
    const key = `renders/${randomUUID()}/empty`;
    await put(key, '');
    expect(await store.stat(key)).toEqual({ key, sizeBytes: 0 });
  });

  it('lists by prefix', async () => {
    const render = `renders/${randomUUID()}`;
    await put(`${render}/output.tiff`, '12345');
    await put(`${render}/preview.jpg`, '123');
    await put(`renders/${randomUUID()}/output.tiff`, 'other');
    expect(await listed(`${render}/`)).toEqual([
      { key: `${render}/output.tiff`, sizeBytes: 5, modifiedAt: expect.anything() as Date },
      { key: `${render}/preview.jpg`, sizeBytes: 3, modifiedAt: expect.anything() as Date },
    ]);
    const [preview] = await listed(`${render}/pre`);
    expect(preview).toMatchObject({ key: `${render}/preview.jpg`, sizeBytes: 3 });
    expect(Math.abs(preview.modifiedAt.getTime() - Date.now())).toBeLessThan(60_000);
    expect(await listed('nothing/here/')).toEqual([]);
  });

  it('removes an object, and a missing one without complaint', async () => {
    const key = `uploads/${randomUUID()}/x`;
    await put(key, 'x');
    await store.remove(key);
    expect(await store.stat(key)).toBeNull();
    await store.remove(key);
  });

  it('fetches into a new file only, never through a link that lies there', async () => {
    const key = `uploads/${randomUUID()}/photo.jpg`;
    await put(key, Buffer.from('photo'));
    const [precious, link, file] = ['precious', 'link', 'file'].map((name) =>
      path.join(folder, `${name}-${randomUUID()}`),
    );
    await writeFile(precious, 'precious');
    await symlink(precious, link);
    await expect(store.fetchToFile(key, link)).rejects.toMatchObject({ code: 'storage_unavailable' });
    await expect(store.fetchToFile(key, precious)).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(await readFile(precious, 'utf8')).toBe('precious');
    await store.fetchToFile(key, file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('reports a missing object', async () => {
    const key = `uploads/${randomUUID()}/none`;
    expect(await store.stat(key)).toBeNull();
    const none = path.join(folder, 'none');
    await expect(store.fetchToFile(key, none)).rejects.toMatchObject({ code: 'object_missing' });
    await expect(stat(none)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(store.read(key)).rejects.toMatchObject({ code: 'object_missing' });
  });

  describe('a signed link', () => {
    const content = '0123456789';
    let key: string;
    let link: string;

    beforeAll(async () => {
      key = `renders/${randomUUID()}/output.tiff`;
      await put(key, content, 'image/tiff');
      await put(key.replace('output.tiff', 'preview.jpg'), 'another object');
      link = await store.signedLink(key, {
        expiresInSeconds: 3600,
        downloadName: 'Größe "1".tiff',
        contentType: 'image/tiff',
      });
    });

    it('gives the object to any holder of the link, as an attachment of the given name and type', async () => {
      const response = await fetch(link);
      expect(response.status).toBe(200);
      expect(await response.text()).toBe(content);
      expect(response.headers.get('content-type')).toBe('image/tiff');
      expect(response.headers.get('content-disposition')).toContain(`filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%221%22.tiff`);
    });

    it('answers HEAD', async () => {
      const response = await fetch(link, { method: 'HEAD' });
      // An S3 signature names its method: there HEAD needs a link of its own.
      if (response.status === 403) return;
      expect(response.headers.get('content-length')).toBe('10');
      expect(await response.text()).toBe('');
    });

    it('answers ranges', async () => {
      const response = await fetch(link, { headers: { range: 'bytes=2-4' } });
      expect(response.status).toBe(206);
      expect(response.headers.get('content-range')).toBe('bytes 2-4/10');
      expect(await response.text()).toBe('234');
    });

    it('is refused when altered', async () => {
      if (!fixture.checksSignatures) return;
      const altered = new URL(link);
      altered.pathname = altered.pathname.replace('output.tiff', 'preview.jpg');
      expect((await fetch(altered)).status).toBe(403);
    });

    it('is refused when its time is over', async () => {
      const brief = await store.signedLink(key, { expiresInSeconds: 1, downloadName: 'x', contentType: 'image/tiff' });
      await new Promise((resolve) => setTimeout(resolve, 2_100));
      expect((await fetch(brief)).status).toBe(403);
    });
  });
}
