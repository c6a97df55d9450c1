import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3ObjectStore } from '#storage';
import { newBucket } from '../support/servers.js';
import { objectStoreContract } from './object-store.contract.js';

describe('S3 object store', () => {
  objectStoreContract(async () => {
    const store = new S3ObjectStore(newBucket());
    return { store, checksSignatures: false, knowsFreeRoom: false, close: () => store.close() };
  });

  it('writes the public address into links', async () => {
    const publicEndpoint = { host: 'files.example.com', port: 443, tls: true };
    const store = new S3ObjectStore({ ...newBucket(), publicEndpoint });
    const options = { expiresInSeconds: 604_800, downloadName: 'a.tiff', contentType: 'image/tiff' };
    const link = new URL(await store.signedLink('renders/1/output.tiff', options));
    expect(link.origin).toBe('https://files.example.com');
    expect(link.searchParams.get('X-Amz-Expires')).toBe('604800');
    await store.close();
  });

  it('tries a failing server three times, then reports that storage is unavailable', async () => {
    let requests = 0;
    const failing = createServer((_request, response) => {
      requests++;
      response.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
    });
    await new Promise<void>((resolve) => failing.listen(0, '127.0.0.1', resolve));
    const endpoint = { host: '127.0.0.1', port: (failing.address() as AddressInfo).port, tls: false };
    const store = new S3ObjectStore({ ...newBucket(), endpoint, publicEndpoint: endpoint });
    await expect(store.putFile('uploads/1/x', __filename, 'text/plain')).rejects.toMatchObject({
      code: 'storage_unavailable',
    });
    expect(requests).toBe(3);
    requests = 0;
    await expect(store.stat('uploads/1/x')).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(requests).toBe(3);
    await store.close();
    await new Promise((resolve) => failing.close(resolve));
  });

  it.each(['NoSuchKey', 'NoSuchObject', 'NoSuchVersion', ''])(
    'takes 404 %s for a missing object, and a removal of one for done',
    async (code) => {
      const body = code && `<Error><Code>${code}</Code><Message>none</Message></Error>`;
      const empty = createServer((request, response) =>
        response.writeHead(404).end(request.method === 'HEAD' ? undefined : body),
      );
      await new Promise<void>((resolve) => empty.listen(0, '127.0.0.1', resolve));
      const store = new S3ObjectStore(
        newBucket({ host: '127.0.0.1', port: (empty.address() as AddressInfo).port, tls: false }),
      );
      expect(await store.stat('uploads/1/x')).toBeNull();
      await expect(store.read('uploads/1/x')).rejects.toMatchObject({ code: 'object_missing' });
      await store.remove('uploads/1/x');
      await store.close();
      await new Promise((resolve) => empty.close(resolve));
    },
  );

  it('treats a missing bucket as a storage error, not for a missing object', async () => {
    const store = new S3ObjectStore(newBucket());
    await expect(store.read('uploads/1/x')).rejects.toMatchObject({ code: 'storage_unavailable' });
    await store.close();
  });

  it('does not repeat what the server refuses', async () => {
    let requests = 0;
    const refusing = createServer((_request, response) => {
      requests++;
      response.writeHead(403).end('<Error><Code>SignatureDoesNotMatch</Code></Error>');
    });
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
    const endpoint = { host: '127.0.0.1', port: (refusing.address() as AddressInfo).port, tls: false };
    const store = new S3ObjectStore(newBucket(endpoint));
    await expect(store.ping()).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(requests).toBe(1);
    await store.close();
    await new Promise((resolve) => refusing.close(resolve));
  });
});
