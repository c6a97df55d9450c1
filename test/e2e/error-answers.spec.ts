import { type ErrorCode, errorPolicy, isErrorCode } from '#core';
import { FilesystemObjectStore, SignedLinks } from '#storage';
import { SIZES, STYLES } from '../support/client.js';
import { Deployment } from '../support/deployment.js';
import { Scrape } from '../support/metrics.js';
import { FLOWER } from '../support/photos.js';
import { until } from '../support/processes.js';
import { BOUNDARY, chunk, field, FIELDS, fileStart, RawConnection, uploadHead } from '../support/raw-connection.js';

const NOWHERE = '00000000-0000-4000-8000-000000000000';
const HOST = 'Host: localhost\r\n';
const MIB = 1024 * 1024;

jest.setTimeout(120_000);

let deployment: Deployment;

/** Makes trouble, and gives what ends it. */
type Trouble = () => Promise<() => Promise<unknown>>;

interface Case {
  readonly status: number;
  readonly send: string | (() => Promise<string>) | (() => string);
  /** What the answer must also contain. */
  readonly body?: object;
  readonly head?: RegExp;
  /** Names in `http_requests_total`; unmatched when left out. */
  readonly method?: string;
  readonly endpoint?: string;
  readonly trouble?: Trouble;
}

const get = (at: string, ...headers: string[]): string =>
  `GET ${at} HTTP/1.1\r\n${HOST}${headers.map((line) => `${line}\r\n`).join('')}\r\n`;
const form = (parts: string): string => `${parts}--${BOUNDARY}--\r\n`;
const post = (body: string, ...headers: string[]): string =>
  uploadHead([`Content-Length: ${Buffer.byteLength(body, 'latin1')}`, ...headers]) + body;
const photoNamed = (parameters: string): string =>
  form(
    `${FIELDS}--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; ${parameters}\r\n\r\n${FLOWER().toString('latin1')}\r\n`,
  );
const upload = { method: 'POST', endpoint: '/v1/renders' };
const namesFile = { details: [expect.objectContaining({ field: 'file' })] };

async function link(key: string, more = ''): Promise<string> {
  await deployment.store.putFile('renders/1/output.tiff', __filename, 'image/tiff');
  const store = new FilesystemObjectStore(
    deployment.env.STORAGE_ROOT,
    new SignedLinks(deployment.env.STORAGE_SIGNING_KEY, '/v1/objects'),
  );
  const options = { expiresInSeconds: 60, downloadName: 'a.tiff', contentType: 'image/tiff' };
  return (await store.signedLink(key, options)) + more;
}

/** A render in this state, and the path of its download. */
async function downloadOf(status: 'queued' | 'archived'): Promise<string> {
  const response = await fetch(`${deployment.apiUrl}/v1/renders`, { method: 'POST', body: completeForm() });
  const { render_id } = (await response.json()) as { render_id: string };
  if (status === 'archived') {
    await deployment.query("UPDATE renders SET status = 'completed', output_minio_key = 'x' WHERE id = $1", [
      render_id,
    ]);
    await deployment.query("UPDATE renders SET status = 'archived' WHERE id = $1", [render_id]);
  }
  return get(`/v1/renders/${render_id}/download`);
}

function completeForm(): FormData {
  const body = new FormData();
  body.append('file', new Blob([FLOWER()]), 'photo.jpg');
  body.append('style_id', STYLES['pop-poster']);
  body.append('size_preset_id', SIZES['9x12']);
  return body;
}

const statements =
  (make: string, mend: string): Trouble =>
  async () => {
    await deployment.query(make);
    return () => deployment.query(mend);
  };
const noStyles = statements(
  'ALTER TABLE styles RENAME TO styles_renamed',
  'ALTER TABLE styles_renamed RENAME TO styles',
);
const noAssets = statements(
  'ALTER TABLE assets ADD CONSTRAINT never CHECK (false) NOT VALID',
  'ALTER TABLE assets DROP CONSTRAINT never',
);

const anotherUpload: Trouble = async () => {
  // A connection of a test before, to which a refusal was written, lingers for a moment.
  await until('none is left', async () => (await Scrape.of(deployment.apiUrl)).value('uploads_in_progress') === 0);
  const other = await RawConnection.open(deployment.apiUrl);
  await other.send(uploadHead());
  await other.send(chunk(FIELDS + fileStart() + 'half a photo'));
  await until('it is on disk', async () => (await deployment.temporaryFiles()).length > 0);
  return async () => {
    other.close();
    await until('it is gone', async () => (await deployment.temporaryFiles()).length === 0);
  };
};

const render = { method: 'GET', endpoint: '/v1/renders/{id}' };
const download = { method: 'GET', endpoint: '/v1/renders/{id}/download' };
const object = { method: 'GET', endpoint: '/v1/objects/{key}' };

/** What Node's server refuses before there is a request. */
const NO_REQUEST: Record<string, Case> = {
  'a line that is no request': { status: 400, send: 'NONSENSE\r\n\r\n' },
  'the greeting of TLS': { status: 400, send: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n' },
  'the greeting of HTTP/2': { status: 400, send: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' },
  'an unknown version': { status: 400, send: `GET / HTTP/9.9\r\n${HOST}\r\n` },
  'an unknown method': { status: 400, send: `BREW / HTTP/1.1\r\n${HOST}\r\n` },
  'a method in small letters': { status: 400, send: `get / HTTP/1.1\r\n${HOST}\r\n` },
  'a target that is no path': { status: 400, send: `GET v1/styles HTTP/1.1\r\n${HOST}\r\n` },
  'a header without a colon': { status: 400, send: `GET / HTTP/1.1\r\n${HOST}nonsense\r\n\r\n` },
  'a header with a control character': { status: 400, send: `GET / HTTP/1.1\r\n${HOST}X-A: \x01\r\n\r\n` },
  'two lengths': { status: 400, send: `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nContent-Length: 2\r\n\r\n` },
  'a length that is no number': { status: 400, send: `POST / HTTP/1.1\r\n${HOST}Content-Length: one\r\n\r\n` },
  'a length of a body in chunks': {
    status: 400,
    send: `POST / HTTP/1.1\r\n${HOST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`,
  },
  'chunks that are not the last coding': {
    status: 400,
    send: `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, gzip\r\n\r\n`,
  },
  'headers that are too long': { status: 431, send: get('/', `X-A: ${'a'.repeat(20_000)}`) },
  'a path that is too long': { status: 431, send: get(`/${'a'.repeat(20_000)}`) },
  'headers that do not end': { status: 408, send: `GET / HTTP/1.1\r\n${HOST}` },
};

/** Requests that are refused whatever their route. */
const REQUESTS: Record<string, Case> = {
  'no host': { status: 400, send: 'GET /v1/styles HTTP/1.1\r\n\r\n', method: 'GET' },
  'two hosts': { status: 400, send: get('/v1/styles', 'Host: elsewhere'), method: 'GET' },
  'a tunnel': {
    status: 405,
    send: `CONNECT example.com:443 HTTP/1.1\r\n${HOST}\r\n`,
    method: 'CONNECT',
    head: /^Allow: /m,
  },
  'a path with a fragment': { status: 400, send: get('/v1/styles#x'), method: 'GET' },
  'a write of a page of another origin': {
    status: 403,
    send: post(form(FIELDS), 'Origin: https://evil.example.com', 'Sec-Fetch-Site: cross-site'),
    body: { message: expect.stringContaining('CORS_ORIGINS') },
    head: /^Connection: close$/m,
    method: 'POST',
  },
  'a write of another site that is announced': {
    status: 403,
    send: uploadHead(['Content-Length: 1', 'Sec-Fetch-Site: cross-site', 'Expect: 100-continue']),
    method: 'POST',
  },
  'a write of a page without an origin': {
    status: 403,
    send: `DELETE /v1/styles HTTP/1.1\r\n${HOST}Origin: null\r\n\r\n`,
    method: 'DELETE',
  },
  'an unknown route with a body that does not come': {
    status: 404,
    send: `POST /nothing HTTP/1.1\r\n${HOST}Content-Length: 10\r\n\r\n`,
    head: /^Connection: close$/m,
    method: 'POST',
  },
  'an unknown expectation': { status: 417, send: get('/v1/styles', 'Expect: 200-ok'), method: 'GET' },
  'an unknown expectation of an upload': { status: 417, send: post('', 'Expect: 200-ok'), method: 'POST' },
  'an unknown expectation beside a known one': {
    status: 417,
    send: uploadHead(['Expect: 100-continue, 200-ok']),
    method: 'POST',
  },
  'an unknown route': { status: 404, send: get('/nothing'), method: 'GET' },
  'an unknown route of an old client': { status: 404, send: 'GET /nothing HTTP/1.0\r\n\r\n', method: 'GET' },
  'an unknown route by its whole address': { status: 404, send: get('http://localhost/nothing'), method: 'GET' },
  'an upgrade of an unknown route': {
    status: 404,
    send: get('/nothing', 'Connection: Upgrade', 'Upgrade: websocket'),
    method: 'GET',
  },
  'a method that the route has not': {
    status: 405,
    send: `DELETE /v1/styles HTTP/1.1\r\n${HOST}\r\n`,
    body: { code: 'method_not_allowed' },
    head: /^Allow: GET, HEAD, OPTIONS$/m,
    method: 'DELETE',
  },
  'a read of what can only be written': {
    status: 405,
    send: get('/v1/renders'),
    head: /^Allow: POST, OPTIONS$/m,
    method: 'GET',
  },
  'a write of a stored file': {
    status: 405,
    send: `PUT /v1/objects/renders/1/output.tiff HTTP/1.1\r\n${HOST}Content-Length: 10\r\n\r\n`,
    head: /^Connection: close$/m,
    method: 'PUT',
  },
  'a write of metrics': {
    status: 405,
    send: `POST /metrics HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`,
    head: /^Allow: GET, HEAD, OPTIONS$/m,
    method: 'POST',
  },
  TRACE: { status: 404, send: `TRACE / HTTP/1.1\r\n${HOST}\r\n`, method: 'TRACE' },
  'OPTIONS of everything': { status: 404, send: `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`, method: 'OPTIONS' },
  'OPTIONS of an unknown route': { status: 404, send: `OPTIONS /nothing HTTP/1.1\r\n${HOST}\r\n`, method: 'OPTIONS' },
  'an id that is none': { status: 400, send: get('/v1/renders/x'), ...render },
  'a path whose escapes are no text': { status: 400, send: get('/v1/renders/%E0%A4%A'), method: 'GET' },
  'an unknown render': { status: 404, send: get(`/v1/renders/${NOWHERE}`), ...render },
  'a print that is not ready': { status: 409, send: () => downloadOf('queued'), ...download },
  'a print that was removed': { status: 410, send: () => downloadOf('archived'), ...download },
  'an altered link': { status: 403, send: get('/v1/objects/a?expires=1&name=a&type=b&signature=00'), ...object },
  'a link with a parameter given twice': {
    status: 400,
    send: async () => get(await link('renders/1/output.tiff', '&name=b')),
    body: {
      error: 'Query parameter name was given more than once',
      details: [expect.objectContaining({ field: 'name' })],
    },
    ...object,
  },
  'a link to nothing': { status: 404, send: async () => get(await link('renders/2/output.tiff')), ...object },
  'a part that the file has not': {
    status: 416,
    send: async () => get(await link('renders/1/output.tiff'), 'Range: bytes=99999999-'),
    ...object,
  },
  'a file that must be another': {
    status: 412,
    send: async () => get(await link('renders/1/output.tiff'), 'If-Match: "other"'),
    ...object,
  },
  'a database without its tables': {
    status: 503,
    send: get('/v1/styles'),
    trouble: noStyles,
    method: 'GET',
    endpoint: '/v1/styles',
    head: /^Retry-After: \d+/m,
  },
};

const UPLOADS: Record<string, Case> = {
  'no form': { status: 400, send: `POST /v1/renders HTTP/1.1\r\n${HOST}\r\n` },
  'a form without a photo': {
    status: 400,
    send: post(form(FIELDS)),
    body: { error: 'No file provided', ...namesFile },
  },
  'a field given twice': {
    status: 400,
    send: post(form(`${FIELDS}${field('fit', 'cover')}${field('fit', 'cover')}${fileStart()}x\r\n`)),
    body: { error: 'Field fit was given more than once', details: [expect.objectContaining({ field: 'fit' })] },
  },
  'a photo given twice': {
    status: 400,
    send: post(form(`${FIELDS}${fileStart()}x\r\n${fileStart()}y\r\n`)),
    body: { error: 'Field file was given more than once', ...namesFile },
  },
  'a photo given as text too': {
    status: 400,
    send: post(form(`${FIELDS}${field('file', 'x')}${fileStart()}y\r\n`)),
    body: { error: 'Field file was given more than once', ...namesFile },
  },
  'a filename* between quotes alone': {
    status: 400,
    send: post(photoNamed(`filename*="UTF-8''photo.jpg"`)),
    body: { error: 'The filename* of field file cannot be read', ...namesFile },
  },
  'a filename* of bad escapes alone': {
    status: 400,
    send: post(photoNamed("filename*=UTF-8''%E5%9.jpg")),
    body: { error: 'The filename* of field file cannot be read', ...namesFile },
  },
  'a filename* of another charset alone': {
    status: 400,
    send: post(photoNamed("filename*=GBK''%D5%D5%C6%AC.jpg")),
    body: { error: 'The filename* of field file cannot be read', ...namesFile },
  },
  'a filename with quotes in it': {
    status: 400,
    send: post(photoNamed('filename="my "best" photo.jpg"')),
    body: { error: 'The filename of field file cannot be read', ...namesFile },
  },
  'a stall': { status: 408, send: uploadHead(['Content-Length: 100']) },
  'a length over the limit': {
    status: 413,
    send: uploadHead([`Content-Length: ${52 * MIB}`]),
    head: /^Connection: close$/m,
  },
  'chunk extensions that are too long': {
    status: 413,
    send: `${uploadHead()}1;${'a'.repeat(20_000)}\r\nx\r\n0\r\n\r\n`,
  },
  'a chunk without a length': { status: 400, send: `${uploadHead()}nonsense\r\n` },
  'a body compressed with gzip': {
    status: 415,
    send: post('x', 'Content-Encoding: gzip'),
    body: { details: [expect.objectContaining({ field: 'Content-Encoding' })] },
    head: /^Accept-Encoding: identity/m,
  },
  'a body compressed with br': { status: 415, send: post('x', 'Content-Encoding: br') },
  'a body compressed with deflate': { status: 415, send: post('x', 'Content-Encoding: deflate') },
  'a body compressed twice': { status: 415, send: post('x', 'Content-Encoding: gzip, identity') },
  'a body encoded in an unknown way': { status: 415, send: post('x', 'Content-Encoding: x-secret') },
  'a compressed body that is announced': {
    status: 415,
    send: uploadHead(['Content-Length: 1', 'Content-Encoding: gzip', 'Expect: 100-continue']),
    head: /^Connection: close$/m,
  },
  'chunks that are compressed': {
    status: 415,
    send: uploadHead().replace('chunked', 'gzip, chunked'),
    body: { details: [expect.objectContaining({ field: 'Transfer-Encoding' })] },
  },
  'too many uploads at once': {
    status: 503,
    send: post(photoNamed('filename="a.jpg"')),
    body: { error: 'Too many uploads at once' },
    head: /^Retry-After: \d+/m,
    trouble: anotherUpload,
  },
  'a row that is refused': { status: 500, send: post(photoNamed('filename="a.jpg"')), trouble: noAssets },
};
for (const each of Object.keys(UPLOADS)) UPLOADS[each] = { ...upload, ...UPLOADS[each] };

const ALL = Object.entries({ ...NO_REQUEST, ...REQUESTS, ...UPLOADS });

describe('guarantee: every error response has the documented body, its request id and its count', () => {
  beforeAll(async () => {
    const env = {
      HEADERS_TIMEOUT_SECONDS: '2',
      UPLOAD_STALL_SECONDS: '2',
      MAX_CONCURRENT_UPLOADS: '1',
      UPLOADS_PER_SECOND_PER_CLIENT: '0',
    };
    deployment = await Deployment.prepare({ queue: 'postgres', storage: 'filesystem', env });
    await deployment.startApi();
  });
  afterAll(() => deployment.close());

  it.each(ALL.map(([what, each]) => [each.status, what, each] as const))('%i for %s', async (_status, _what, each) => {
    const { status, send, body = {}, head = /./, trouble } = each;
    const { method = 'unknown', endpoint = 'unmatched' } = each;
    const text = typeof send === 'string' ? send : await send();
    const counts = async (): Promise<(number | undefined)[]> => {
      const scrape = await Scrape.of(deployment.apiUrl);
      return [
        scrape.value('http_requests_total', { method, endpoint, status: String(status) }) ?? 0,
        scrape.value('http_errors_total', { endpoint, status: String(status) }),
      ];
    };
    const before = await counts();
    const mend = await trouble?.();
    const connection = await RawConnection.open(deployment.apiUrl);
    try {
      await connection.send(Buffer.from(text, 'latin1'));
      const answer = await connection.answer();
      expect(answer.body).toEqual({
        error: expect.stringMatching(/\S/),
        ...('message' in answer.body ? { message: expect.stringMatching(/\S/) } : {}),
        ...('details' in answer.body ? { details: expect.any(Array) } : {}),
        status,
        code: expect.stringMatching(/^[a-z]+(_[a-z]+)*$/),
        request_id: expect.stringMatching(/^[\w.:-]{1,128}$/),
      });
      expect(isErrorCode(answer.body.code as string)).toBe(true);
      expect(errorPolicy(answer.body.code as ErrorCode).status).toBe(status);
      expect(answer.body).toMatchObject(body);
      expect(answer.status).toBe(status);
      expect(/^X-Request-Id: (.*)$/im.exec(answer.head)![1]).toBe(answer.body.request_id);
      expect(/^Content-Type: (.*)$/im.exec(answer.head)![1]).toBe('application/json; charset=utf-8');
      expect(/^X-Content-Type-Options: (.*)$/im.exec(answer.head)![1]).toBe('nosniff');
      expect(answer.head).toMatch(head);
      expect(connection.received).not.toContain('100 Continue');
    } finally {
      connection.close();
      await mend?.();
    }
    const counted = before.map((count) => (count ?? 0) + 1);
    await until('it is counted', async () => (await counts()).join() === counted.join(), 5_000).catch(() => undefined);
    expect(await counts()).toEqual(counted);
  });

  it('a connection on which nothing comes is answered, and counted as no request', async () => {
    const silent = async (): Promise<unknown> =>
      (await Scrape.of(deployment.apiUrl)).value('http_requests_total', { method: 'unknown', status: '408' });
    const before = await silent();
    const connection = await RawConnection.open(deployment.apiUrl);
    expect((await connection.answer()).status).toBe(408);
    await connection.closed;
    expect(await silent()).toBe(before);
  });

  it('OPTIONS of a route lists its methods, HEAD of one without GET is not allowed', async () => {
    for (const [method, at, status, allow] of [
      ['OPTIONS', '/v1/renders', 204, 'POST, OPTIONS'],
      ['OPTIONS', `/v1/renders/${NOWHERE}`, 204, 'GET, HEAD, OPTIONS'],
      ['OPTIONS', '/health', 204, 'GET, HEAD, OPTIONS'],
      ['OPTIONS', '/v1/openapi.json', 204, 'GET, HEAD, OPTIONS'],
      ['HEAD', '/v1/renders', 405, 'POST, OPTIONS'],
      ['HEAD', '/v1/styles', 200, null],
    ] as const) {
      const response = await fetch(deployment.apiUrl + at, { method });
      expect([method, at, response.status, response.headers.get('allow')]).toEqual([method, at, status, allow]);
      expect(await response.text()).toBe('');
    }
  });

  it('without a body where HTTP allows none, but never without the request id', async () => {
    const ask = (init: RequestInit, at: string) => fetch(deployment.apiUrl + at, init);
    const missing = await ask({ method: 'HEAD' }, '/nothing');
    const { headers } = await ask({}, '/v1/styles');
    const same = await ask(
      // fetch would add no-cache, which asks for a whole answer.
      { headers: { 'if-none-match': headers.get('etag')!, 'cache-control': 'max-age=0' } },
      '/v1/styles',
    );
    for (const [response, status] of [
      [missing, 404],
      [same, 304],
    ] as const) {
      expect([response.status, await response.text()]).toEqual([status, '']);
      expect(response.headers.get('x-request-id')).toMatch(/\S/);
    }
  });
});
