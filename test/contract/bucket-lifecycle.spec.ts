import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { WORKER_TIME_LIMITS } from '#config';
import { BucketLifecycle, LifecycleUnsupportedError } from '#storage';
import { runCommand } from '../support/operator-tool.js';
import { newBucket } from '../support/servers.js';

const NONE = '<Error><Code>NoSuchLifecycleConfiguration</Code><Message>none</Message></Error>';
const error = (code: string, message: string): string =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
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

  /** From now on every request, or every PUT, is answered so. */
  function answering(status: number, body: string, method?: 'PUT'): void {
    const [keeping] = server.listeners('request') as RequestListener[];
    server.removeAllListeners('request').on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (method !== undefined && request.method !== method) return keeping(request, response);
      request.resume().on('end', () => response.writeHead(status).end(body));
    });
  }

  const environment = (): Record<string, string> => ({
    MINIO_ENDPOINT: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    MINIO_ACCESS_KEY: 'key',
    MINIO_SECRET_KEY: 'secret',
    MINIO_BUCKET: 'prints',
  });

  it('reports the answer of a server that refuses', async () => {
    answering(403, error('AccessDenied', 'not allowed here'));
    await expect(lifecycle.apply('renders/', 90)).rejects.toMatchObject({
      code: 'storage_unavailable',
      cause: { message: expect.stringContaining('not allowed here') },
    });
  });

  /** How servers without lifecycle rules answer: with the code, with the status alone, in words, or beside the point. */
  const UNSUPPORTED: [string, number, string][] = [
    [
      'NotImplemented',
      501,
      error('NotImplemented', 'A header you provided implies functionality that is not implemented'),
    ],
    ['501 alone', 501, ''],
    ['501 in words', 501, 'Not Implemented'],
    ['501 with a code of its own', 501, error('XNotImplemented', 'nope')],
    ['MethodNotAllowed', 405, error('MethodNotAllowed', 'The specified method is not allowed against this resource')],
    ['405 alone', 405, ''],
    ['405 of a proxy', 405, '<html><body>405 Not Allowed</body></html>'],
    ['405 with another code', 405, error('InvalidRequest', 'no')],
    ['400 NotImplemented', 400, error('NotImplemented', 'lifecycle')],
    ['400 UnsupportedOperation', 400, error('UnsupportedOperation', 'lifecycle')],
    ['400 OperationNotSupported', 400, error('OperationNotSupported', 'lifecycle')],
    ['400 with the reason in its message', 400, error('InvalidRequest', 'Bucket lifecycle is not supported')],
    ['400 in words', 400, 'lifecycle not supported'],
    ['a listing', 200, '<ListBucketResult><Name>prints</Name></ListBucketResult>'],
  ];

  it.each(UNSUPPORTED)('reports that a server has no lifecycle rules: %s', async (_, status, body) => {
    answering(status, body);
    await expect(lifecycle.show()).rejects.toThrow(LifecycleUnsupportedError);
    await expect(lifecycle.apply('renders/', 90)).rejects.toThrow('this server has no lifecycle rules');
    for (const line of ['lifecycle show', 'lifecycle apply --days 90', 'lifecycle apply --days 90 --yes']) {
      const run = await runCommand(environment(), ...line.split(' '));
      expect(run).toMatchObject({ code: 8, out: '' });
      expect(run.error).toMatch(/^pop-render: S3 server at 127[^\n]*: this server has no lifecycle rules \(/);
    }
  });

  it('reports a server that lists no rules and accepts none', async () => {
    answering(501, error('NotImplemented', 'no'), 'PUT');
    expect(await lifecycle.show()).toEqual([]);
    await expect(lifecycle.apply('renders/', 90)).rejects.toThrow(LifecycleUnsupportedError);
  });

  it.each([
    [403, error('AccessDenied', 'Access Denied'), 'AccessDenied'],
    [403, '', '403'],
    [404, error('NoSuchBucket', 'The specified bucket does not exist'), 'NoSuchBucket'],
    [400, error('MalformedXML', 'The XML you provided was not well-formed'), 'MalformedXML'],
    [400, error('AuthorizationHeaderMalformed', 'the region is not supported'), 'AuthorizationHeaderMalformed'],
    [500, error('InternalError', 'not implemented'), '500'],
    [503, 'not available', '503'],
  ])('treats %d (%s) as a refusal, not for a server without lifecycle rules', async (status, body, message) => {
    answering(status, body);
    await expect(lifecycle.show()).rejects.toMatchObject({ code: 'storage_unavailable' });
    const run = await runCommand(environment(), 'lifecycle', 'show');
    expect(run).toMatchObject({ code: 6, error: expect.stringContaining(message) });
    expect(run.error).not.toContain('no lifecycle rules');
  });

  it('reports an unreachable server', async () => {
    await new Promise((resolve) => server.close(resolve));
    await expect(lifecycle.show()).rejects.toMatchObject({ code: 'storage_unavailable' });
    server.listen(0, '127.0.0.1');
  });
});
