import { readFileSync } from 'node:fs';
import { ApiClient } from '../support/client.js';
import { Deployment } from '../support/deployment.js';
import { startStopwatch } from '../support/stopwatch.js';
import { FLOWER } from '../support/photos.js';
import { type Program, until } from '../support/processes.js';
import { BOUNDARY, chunk, field, FIELDS, fileStart, RawConnection, uploadHead } from '../support/raw-connection.js';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
/** The most that the kernel holds of a connection on one of its ends. */
const kernelBuffer = (end: 'rmem' | 'wmem'): number =>
  Number(readFileSync(`/proc/sys/net/ipv4/tcp_${end}`, 'utf8').split(/\s+/)[2]);
/** What the kernels on both ends may hold of a stream that is not read, and what is still taken while the answer leaves. */
const IN_FLIGHT = kernelBuffer('rmem') + kernelBuffer('wmem') + 4 * MIB;

jest.setTimeout(120_000);

describe('uploads at the edge', () => {
  let deployment: Deployment;
  let api: Program;
  let client: ApiClient;

  beforeAll(async () => {
    deployment = await Deployment.prepare({ queue: 'postgres', storage: 'filesystem' });
    api = await deployment.startApi();
    client = new ApiClient(deployment.apiUrl);
  });
  afterAll(() => deployment.close());

  const residentBytes = (): number =>
    Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${api.pid}/status`, 'utf8'))![1]) * 1024;

  /** No trace of an upload, and the service goes on. */
  async function nothingLeft(): Promise<void> {
    await until('no upload is on disk', async () => (await deployment.temporaryFiles()).length === 0);
    expect(await deployment.storedKeys()).toEqual([]);
    expect((await client.get('/health/liveness')).status).toBe(200);
  }

  /** Streams up to `limit` bytes after `start` until the server has had enough; true when it has. */
  async function streamUntilCut(connection: RawConnection, start: string, limit: number): Promise<boolean> {
    await connection.send(uploadHead());
    await connection.send(chunk(start));
    const block = chunk(Buffer.alloc(MIB, 0x41));
    while (connection.bytesSent < limit) if (!(await connection.send(block))) return true;
    return false;
  }

  /** A whole small upload in one piece. */
  async function post(body: string, contentType?: string) {
    const connection = await RawConnection.open(deployment.apiUrl);
    await connection.send(uploadHead([`Content-Length: ${Buffer.byteLength(body)}`], contentType) + body);
    const answer = await connection.answer();
    connection.close();
    return answer;
  }

  describe('guarantee: no upload over the byte, part or field limits is read to its end', () => {
    it.each([
      ['a file', FIELDS + fileStart()],
      ['a field', FIELDS + `--${BOUNDARY}\r\nContent-Disposition: form-data; name="fit"\r\n\r\n`],
      ['what comes before the first part', 'no boundary here '],
      ['what comes after the last part', `${FIELDS}--${BOUNDARY}--\r\n`],
      ['the headers of a part', `--${BOUNDARY}\r\nContent-Disposition: form-data; name="`],
    ])('10 GB as %s are cut, in flat memory', async (_what, start) => {
      const before = residentBytes();
      const connection = await RawConnection.open(deployment.apiUrl);
      let peak = 0;
      const watch = setInterval(() => (peak = Math.max(peak, residentBytes())), 20);
      const cut = await streamUntilCut(connection, start, 10 * GIB);
      clearInterval(watch);
      expect(cut).toBe(true);
      expect(connection.bytesSent).toBeLessThan(51 * MIB + IN_FLIGHT);
      const { status, body } = await connection.answer();
      expect([400, 413]).toContain(status);
      expect(body).toMatchObject({ error: expect.any(String), status, request_id: expect.any(String) });
      expect(peak - before).toBeLessThan(100 * MIB);
      await nothingLeft();
    });

    it('a body whose length is said to be too large is refused before its first byte', async () => {
      const connection = await RawConnection.open(deployment.apiUrl);
      await connection.send(uploadHead([`Content-Length: ${52 * MIB}`, 'Expect: 100-continue']));
      const { status, body } = await connection.answer();
      expect([status, body.error]).toEqual([413, 'File too large (maximum 50MB)']);
      expect(connection.received).not.toContain('100 Continue');
      await connection.closed;
      await nothingLeft();
    });

    it.each(['keep-alive', 'close'])(
      'such a body that comes all the same is not answered by a reset (%s)',
      async (wish) => {
        const connection = await RawConnection.open(deployment.apiUrl);
        const errors: Error[] = [];
        connection.socket.on('error', (error) => errors.push(error));
        await connection.send(uploadHead([`Content-Length: ${52 * MIB}`, `Connection: ${wish}`]));
        await connection.send(Buffer.alloc(MIB / 2));
        const { status, head } = await connection.answer();
        expect(status).toBe(413);
        expect(head).toMatch(/^Connection: close$/im);
        await connection.closed;
        expect(errors).toEqual([]);
      },
    );

    it('a client that asks first may go on with an upload that fits', async () => {
      const form = `${FIELDS}--${BOUNDARY}--\r\n`;
      const connection = await RawConnection.open(deployment.apiUrl);
      await connection.send(uploadHead([`Content-Length: ${form.length}`, 'Expect: 100-continue']));
      await until('it is asked for', () => connection.received.includes('100 Continue'));
      await connection.send(form);
      expect((await connection.answer()).body.error).toBe('No file provided');
      connection.close();
    });

    it('an endless body on a route that takes none is cut too', async () => {
      for (const start of ['POST /nothing/here', 'GET /v1/styles']) {
        const connection = await RawConnection.open(deployment.apiUrl);
        await connection.send(`${start} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`);
        const block = chunk(Buffer.alloc(MIB));
        while (connection.bytesSent < GIB && (await connection.send(block)));
        expect(connection.bytesSent).toBeLessThan(IN_FLIGHT);
        expect(connection.received).toMatch(/^HTTP\/1\.1 (404|200) /);
      }
    });

    it.each([
      ['10,000 parts', 'Too many fields', Array.from({ length: 10_000 }, (_, i) => field(`f${i}`, 'x')).join('')],
      ['10,000 empty files', 'Too many fields', `${fileStart('')}\r\n`.repeat(10_000)],
      ['12 fields', 'Too many fields', Array.from({ length: 12 }, (_, i) => field(`f${i}`, 'x')).join('')],
      ['nested names', 'Field name nesting too deep', field('a[b][c]', 'x')],
      ['very nested names', 'Field name nesting too deep', field(`a${'[b]'.repeat(30)}`, 'x')],
      ['a huge array index', 'Field name nesting too deep', field('a[4294967294]', 'x')],
      ['a long name', 'Field name too long', field('n'.repeat(101), 'x')],
      ['a long value', 'Field value too long', field('fit', 'x'.repeat(10_001))],
      ['a part without a name', 'Field name missing', `--${BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n`],
      ['a part of many headers', 'Unsupported image format', `${fileStart('a.jpg', 'X-A: b\r\n'.repeat(1000))}x\r\n`],
      [
        'a part of huge headers',
        'Malformed multipart body',
        `${fileStart('a.jpg', `X-A: ${'b'.repeat(20_000)}\r\n`)}x\r\n`,
      ],
      ['two files', 'Field file was given more than once', `${fileStart('a.jpg')}x\r\n${fileStart('b.jpg')}x\r\n`],
    ])('%s are refused, and others are served meanwhile', async (_what, error, parts) => {
      const latencies: number[] = [];
      const form = `${FIELDS}${parts}--${BOUNDARY}--\r\n`;
      const answers = Array.from({ length: 5 }, () => post(form));
      for (let i = 0; i < 10; i++) {
        const elapsed = startStopwatch();
        await client.get('/health/liveness');
        latencies.push(elapsed());
      }
      for (const { status, body } of await Promise.all(answers)) {
        expect(body).toMatchObject({ error, status: 400 });
        expect(status).toBe(400);
      }
      expect(Math.max(...latencies)).toBeLessThan(2_000);
      await nothingLeft();
    });

    it.each([
      ['multipart/form-data', 'Malformed multipart body'],
      ['multipart/form-data; boundary=', 'No file provided'],
      ['multipart/form-data; boundary=other', 'Malformed multipart body'],
    ])('a form of type %s, which does not delimit its parts, is refused', async (contentType, error) => {
      const { status, body } = await post('x'.repeat(100_000), contentType);
      expect([status, body.error]).toEqual([400, error]);
      await nothingLeft();
    });

    it('headers of a request over 16 KiB are refused in the documented form', async () => {
      const connection = await RawConnection.open(deployment.apiUrl);
      await connection.send(`GET /v1/styles HTTP/1.1\r\nHost: localhost\r\nX-A: ${'a'.repeat(64 * 1024)}\r\n\r\n`);
      const { status, body } = await connection.answer();
      expect(status).toBe(431);
      expect(body).toEqual({
        error: 'Request Header Fields Too Large',
        status: 431,
        code: 'headers_too_large',
        request_id: expect.any(String),
      });
      await connection.closed;
    });

    it('a client that disconnects in the middle leaves no file', async () => {
      const connections = await Promise.all(Array.from({ length: 5 }, () => RawConnection.open(deployment.apiUrl)));
      for (const connection of connections) {
        await connection.send(uploadHead());
        await connection.send(chunk(FIELDS + fileStart()));
        await connection.send(chunk(Buffer.alloc(MIB)));
      }
      await until('the uploads are on disk', async () => (await deployment.temporaryFiles()).length === 5);
      for (const connection of connections) connection.socket.resetAndDestroy();
      await nothingLeft();
    });

    it('an upload that fits is taken in any pieces', async () => {
      const form = Buffer.concat([Buffer.from(FIELDS + fileStart()), FLOWER(), Buffer.from(`\r\n--${BOUNDARY}--\r\n`)]);
      const connection = await RawConnection.open(deployment.apiUrl);
      await connection.send(uploadHead());
      for (let at = 0; at < form.length; at += 7001) await connection.send(chunk(form.subarray(at, at + 7001)));
      await connection.send('0\r\n\r\n');
      expect((await connection.answer()).status).toBe(201);
      expect(connection.isClosed).toBe(false);
      connection.close();
    });
  });
});
