import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChildProcessMetrics,
  ChildProcessMetricsModule,
  InspectionMetrics,
  InspectionMetricsModule,
  type Logger,
} from '#observability';
import {
  type InspectionLimits,
  IsolatedPhotoInspector,
} from '../../apps/api/src/assets/inspection/isolated-photo-inspector.js';
import { temporaryFolder, until } from '../support/processes.js';
import { provided } from '../support/provided.js';

const ENTRY = path.join(__dirname, '../fixtures/misbehaving-process.mjs');
const MIB = 1024 * 1024;

const LIMITS = { memoryBytes: 300 * MIB, perClient: 2, clientSecondsPerMinute: 20, entry: ENTRY };

const warned: { reason: string; err: Error }[] = [];
const logger = { warn: (entry: { reason: string; err: Error }) => warned.push(entry) } as unknown as Logger;
let folder: string;
let removeFolder: () => Promise<void>;

beforeAll(async () => {
  [folder, removeFolder] = await temporaryFolder();
});
beforeEach(() => warned.splice(0));
afterAll(() => removeFolder());

/** A file that the process takes for what it shall do, and the API for a photo of this kind. */
async function photoOf(behavior: string, name = behavior): Promise<string> {
  const photo = path.join(folder, name);
  await writeFile(photo, behavior);
  return photo;
}

async function openInspector(limits: InspectionLimits): Promise<IsolatedPhotoInspector> {
  const metrics = await provided(InspectionMetrics, InspectionMetricsModule);
  const processMetrics = await provided(ChildProcessMetrics, ChildProcessMetricsModule);
  return new IsolatedPhotoInspector(limits, metrics, processMetrics, logger);
}

describe('inspecting photos', () => {
  let inspector: IsolatedPhotoInspector;

  beforeAll(async () => {
    inspector = await openInspector({ ...LIMITS, concurrency: 2, timeoutMs: 2_000 });
  });
  afterAll(() => inspector.onApplicationShutdown());

  async function inspect(behavior: string, client = 'a'): Promise<unknown> {
    return inspector.inspect(await photoOf(behavior), { client });
  }

  it.each([
    ['crash', 'corrupt_photo', 400, 'crashed'],
    ['exit', 'corrupt_photo', 400, 'crashed'],
    ['hang', 'photo_too_complex', 400, 'time'],
    ['hang in native code', 'photo_too_complex', 400, 'time'],
    ['eat memory', 'photo_too_complex', 400, 'memory'],
    ['killed', 'overloaded', 503, 'killed'],
  ])('guarantee: a photo that crashes or hangs the decoder fails one request, not the API: %s', async (...row) => {
    const [behavior, code, status, reason] = row;
    const good = inspect('ok');
    await expect(inspect(behavior)).rejects.toMatchObject({ code, policy: { status, level: expect.any(String) } });
    await good;
    await expect(inspect('ok')).resolves.toBeDefined();
    expect(warned).toMatchObject([{ reason }]);
  });

  it('names the signal of a crash in the log', async () => {
    await expect(inspect('crash')).rejects.toThrow();
    expect(warned[0].err.message).toBe('Process ended with SIGABRT');
  });

  it('passes on what is wrong with a photo, with its hint', async () => {
    await expect(inspect('fail')).rejects.toMatchObject({ code: 'corrupt_photo', hint: 'Take another' });
    expect(warned).toEqual([]);
  });

  it('refuses more photos of a client than may wait, and reports when to send them again', async () => {
    const photos = await Promise.allSettled(Array.from({ length: 40 }, () => inspect('ok')));
    const refused = photos.filter((photo) => photo.status === 'rejected');
    expect(refused).toHaveLength(40 - 2 - 32);
    expect(refused[0].reason).toMatchObject({
      code: 'too_many_requests',
      policy: { status: 429 },
      retryAfterSeconds: expect.any(Number),
    });
  });

  it('refuses more photos than may wait', async () => {
    const clients = Array.from({ length: 70 }, (_, i) => `client ${i}`);
    const photos = await Promise.allSettled(clients.map((client) => inspect('ok', client)));
    const refused = photos.filter((photo) => photo.status === 'rejected');
    expect(refused).toHaveLength(70 - 2 - 64);
    expect(refused[0].reason).toMatchObject({ code: 'overloaded', policy: { status: 503 } });
  });
});

describe('inspecting photos of several clients', () => {
  let inspector: IsolatedPhotoInspector;
  let ended: string[];
  beforeEach(async () => {
    ended = [];
    inspector = await openInspector({ ...LIMITS, concurrency: 1 });
  });
  afterEach(() => inspector.onApplicationShutdown());

  /** @param name begins with the letter of its client */
  function inspect(photo: string, name: string, signal?: AbortSignal): Promise<void> {
    return inspector.inspect(photo, { client: name[0], signal }).then(() => void ended.push(name));
  }

  /** Its header announces 100 megapixels of 16 bits, interlaced, so that it goes through the costly lane. */
  async function costlyPhoto(behavior: string): Promise<string> {
    const header = Buffer.alloc(64);
    header.write('89504e470d0a1a0a0000000d49484452', 'hex');
    header.writeUInt32BE(10_000, 16);
    header.writeUInt32BE(10_000, 20);
    header.set([16, 6, 0, 0, 1], 24);
    const photo = path.join(folder, `costly ${behavior}`);
    await writeFile(photo, Buffer.concat([header, Buffer.from(`\n${behavior}`)]));
    return photo;
  }

  /** Keeps the slot of cheap photos taken until it is aborted. */
  async function block(client: string): Promise<AbortController> {
    const blocking = new AbortController();
    await expect(inspect(await photoOf('ok'), `${client} warms up`)).resolves.toBeUndefined();
    void inspect(await photoOf('hang'), `${client} blocks`, blocking.signal).catch(() => undefined);
    await sleep(100);
    ended = [];
    return blocking;
  }

  it('takes them in turn, however many one client has sent before', async () => {
    const blocking = await block('a');
    const photo = await photoOf('ok');
    const photos = ['a1', 'a2', 'a3', 'b1'].map((name) => inspect(photo, name));
    await sleep(100);
    blocking.abort(new Error('gone'));
    await Promise.all(photos);
    expect(ended.map(([client]) => client)).toEqual(['b', 'a', 'a', 'a']);
  });

  it('lets no cheap photo wait for costly ones, also of its own client', async () => {
    const leaving = new AbortController();
    const costly = await costlyPhoto('hang');
    const photos = ['a1', 'a2', 'b1'].map((name) => inspect(costly, name, leaving.signal));
    await Promise.all([inspect(await photoOf('ok'), 'a2'), inspect(await photoOf('ok'), 'b2')]);
    expect(ended).toEqual(expect.arrayContaining(['a2', 'b2']));
    leaving.abort(new Error('gone'));
    await Promise.allSettled(photos);
    expect(ended).toHaveLength(2);
  });

  it('keeps room for the costly photos of others', async () => {
    const leaving = new AbortController();
    const costly = await costlyPhoto('hang');
    const outcomes = Array.from({ length: 20 }, (_, i) => inspect(costly, `a${i}`, leaving.signal));
    const codes: unknown[] = [];
    for (const one of outcomes) one.catch((error: { code?: string }) => codes.push(error.code));
    const other = inspect(await costlyPhoto('ok'), 'b1');
    await until('those too many are refused', () => codes.length === 20 - 1 - 6);
    expect(new Set(codes)).toEqual(new Set(['too_many_requests']));
    leaving.abort(new Error('gone'));
    await other;
    expect(ended).toEqual(['b1']);
  });

  it('withdraws photos whose client has gone: neither do they run, nor count as failures', async () => {
    const blocking = await block('a');
    const leaving = new AbortController();
    const crashing = await photoOf('crash');
    const gone = ['a1', 'b1', 'b2'].map((name) => inspect(crashing, name, leaving.signal));
    const stays = inspect(await photoOf('ok'), 'b3');
    leaving.abort(new Error('gone'));
    for (const one of gone) await expect(one).rejects.toThrow('gone');
    expect(ended).toEqual([]);
    blocking.abort(new Error('gone'));
    await stays;
    expect([ended, warned]).toEqual([['b3'], []]);
  });

  it('ends the process of a photo whose client has gone', async () => {
    const blocking = await block('a');
    const next = inspect(await photoOf('ok'), 'a1');
    blocking.abort(new Error('gone'));
    await next;
    expect([ended, warned]).toEqual([['a1'], []]);
  });
});
