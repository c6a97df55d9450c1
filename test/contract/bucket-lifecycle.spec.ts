import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { WORKER_TIME_LIMITS } from '#config';
import { BucketLifecycle } from '#storage';
import { newBucket } from '../support/servers.js';

const NONE = '<Error><Code>NoSuchLifecycleConfiguration</Code><Message>none</Message></Error>';
const rules = (...each: string[]): string => `<LifecycleConfiguration>${each.join('')}</LifecycleConfiguration>`;
const rule = (id: string, prefix: string, days: number): string =>
  `<Rule><ID>${id}</ID><Status>Enabled</Status><Filter><Prefix>${prefix}</Prefix></Filter><Expiration><Days>${days}</Days></Expiration></Rule>`;

describe('the lifecycle of a bucket', () => {
  let server: Server;
  let stored: string | undefined;
  let requests: string[];
  let lifecycle: BucketLifecycle;

  beforeEach(async () => {
    stored = undefined;
    requests = [];
    server = createServer((request, response) => {
      void text(request).then((body) => {
        requests.push(`${request.method} ${request.url}`);
        if (request.method === 'PUT') stored = body.replace(/<\?xml[^>]*>\s*/, '').replace(/>\s+</g, '><');
        if (request.method === 'GET' && stored === undefined) return response.writeHead(404).end(NONE);
        response.writeHead(200).end(request.method === 'GET' ? stored : '');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = { host: '127.0.0.1', port: (server.address() as AddressInfo).port, tls: false };
    const config = { ...newBucket(endpoint), bucket: 'prints' };
    lifecycle = new BucketLifecycle(config, WORKER_TIME_LIMITS);
  });
  afterEach(async () => {
    lifecycle.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it('has no rules at first, then ours', async () => {
    expect(await lifecycle.show()).toEqual([]);
    await lifecycle.apply('renders/', 90);
    expect(stored).toContain(rule('DeleteOldRenders', 'renders/', 90));
    expect(await lifecycle.show()).toEqual([{ id: 'DeleteOldRenders', enabled: true, prefix: 'renders/', days: 90 }]);
    expect(new Set(requests)).toEqual(new Set(['GET /prints?lifecycle', 'PUT /prints?lifecycle']));
  });

  it('keeps the rules of others and replaces ours', async () => {
    stored = rules(rule('theirs', 'logs/', 7), rule('DeleteOldRenders', 'renders/', 30));
    await lifecycle.apply('renders/', 120);
    expect(stored).toContain(rule('theirs', 'logs/', 7));
    expect((await lifecycle.show()).map(({ id, days }) => [id, days])).toEqual([
      ['theirs', 7],
      ['DeleteOldRenders', 120],
    ]);
  });

  it('says what the server answered when it refuses', async () => {
    server.removeAllListeners('request').on('request', (_request, response) => {
      response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>not allowed here</Message></Error>');
    });
    await expect(lifecycle.apply('renders/', 90)).rejects.toMatchObject({
      code: 'storage_unavailable',
      cause: { message: expect.stringContaining('not allowed here') },
    });
  });
});
