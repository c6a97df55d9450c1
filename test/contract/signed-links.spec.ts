import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { ObjectStore } from '#core';
import { FilesystemObjectStore, S3ObjectStore, SignedLinks } from '#storage';
import { freePort, temporaryFolder } from '../support/processes.js';
import { newBucket } from '../support/servers.js';
import { serveSignedObjects } from '../support/signed-objects-app.js';

interface LinkFixture {
  readonly store: ObjectStore;
  readonly close: () => Promise<unknown>;
}

async function onS3(): Promise<LinkFixture> {
  const store = new S3ObjectStore(newBucket());
  return { store, close: () => store.close() };
}

async function onFilesystem(): Promise<LinkFixture> {
  const [folder, removeFolder] = await temporaryFolder();
  const port = await freePort();
  const links = new SignedLinks('k'.repeat(32), `http://127.0.0.1:${port}/v1/objects`);
  const store = new FilesystemObjectStore(path.join(folder, 'objects'), links);
  const app = await serveSignedObjects(store, links, port);
  return { store, close: () => app.close().then(removeFolder) };
}

describe.each([
  ['S3', onS3],
  ['the filesystem', onFilesystem],
])('guarantee: links are attachments of a fixed type and expire', (where, open) => {
  let fixture: LinkFixture;
  let key: string;

  beforeAll(async () => {
    fixture = await open();
    key = `renders/${randomUUID()}/output.tiff`;
    await fixture.store.prepare();
    // What a browser would run, were it shown as the type it is.
    await fixture.store.putFile(key, __filename, 'text/html');
  });
  afterAll(() => fixture.close());

  const link = (expiresInSeconds: number): Promise<string> =>
    fixture.store.signedLink(key, { expiresInSeconds, downloadName: 'a "print".tiff', contentType: 'image/tiff' });

  it('saves under the name and type it was made for, whatever was stored', async () => {
    const { status, headers } = await fetch(await link(60));
    expect([status, headers.get('content-type')]).toEqual([200, 'image/tiff']);
    expect(headers.get('content-disposition')).toMatch(/^attachment; filename="a _print_\.tiff"; filename\*=UTF-8''a/);
  });

  it('carries its type and name under its signature', async () => {
    const url = new URL(await link(60));
    const names = [...url.searchParams.keys()];
    // The test server for S3 checks no signatures; that they are covered is the client library's and S3's rule.
    expect(names).toEqual(expect.arrayContaining(where === 'S3' ? ['X-Amz-Signature'] : ['signature']));
    if (where === 'S3') return;
    for (const name of names) {
      const altered = new URL(url);
      altered.searchParams.set(name, name === 'expires' ? '9999999999' : 'text/html');
      expect((await fetch(altered)).status).toBe(403);
      altered.searchParams.append(name, url.searchParams.get(name)!);
      const repeated = await fetch(altered);
      expect([repeated.status, await repeated.json()]).toEqual([
        400,
        expect.objectContaining({
          error: `Query parameter ${name} was given more than once`,
          details: [expect.objectContaining({ field: name })],
        }),
      ]);
      altered.searchParams.delete(name);
      expect((await fetch(altered)).status).toBe(403);
    }
  });

  it('ends', async () => {
    const brief = await link(1);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expect((await fetch(brief)).status).toBe(403);
  });
});
