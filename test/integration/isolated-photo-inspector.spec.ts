import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from '#observability';
import { IsolatedPhotoInspector } from '../../apps/api/renders/isolated-photo-inspector.js';
import { temporaryFolder } from '../support/processes.js';

const ENTRY = path.join(__dirname, '../fixtures/misbehaving-process.mjs');
const MIB = 1024 * 1024;

describe('inspecting photos', () => {
  let folder: string;
  let removeFolder: () => Promise<void>;
  let inspector: IsolatedPhotoInspector;
  const warned: { reason: string; err: Error }[] = [];

  beforeAll(async () => {
    [folder, removeFolder] = await temporaryFolder();
    const logger = { warn: (facts: { reason: string; err: Error }) => warned.push(facts) } as unknown as Logger;
    const limits = { concurrency: 2, memoryBytes: 300 * MIB, timeoutMs: 2_000, entry: ENTRY };
    inspector = new IsolatedPhotoInspector(limits, logger);
  });
  beforeEach(() => warned.splice(0));
  afterAll(async () => {
    await inspector.onApplicationShutdown();
    await removeFolder();
  });

  async function inspect(behaviour: string): Promise<unknown> {
    const photo = path.join(folder, behaviour);
    await writeFile(photo, behaviour);
    return inspector.inspect(photo);
  }

  it.each([
    ['crash', 'corrupt_photo', 400, 'crashed'],
    ['exit', 'corrupt_photo', 400, 'crashed'],
    ['hang', 'photo_too_complex', 400, 'time'],
    ['hang in native code', 'photo_too_complex', 400, 'time'],
    ['eat memory', 'photo_too_complex', 400, 'memory'],
    ['killed', 'overloaded', 503, 'killed'],
  ])('promise: a photo that crashes or hangs the decoder costs one request, not the API: %s', async (...row) => {
    const [behaviour, code, status, reason] = row;
    const good = inspect('ok');
    await expect(inspect(behaviour)).rejects.toMatchObject({ code, policy: { status, level: expect.any(String) } });
    await good;
    await expect(inspect('ok')).resolves.toBeDefined();
    expect(warned).toMatchObject([{ reason }]);
  });

  it('names the signal of a crash in the log', async () => {
    await expect(inspect('crash')).rejects.toThrow();
    expect(warned[0].err.message).toBe('Process ended with SIGABRT');
  });

  it('passes on what is wrong with a photo, with its explanation', async () => {
    await expect(inspect('fail')).rejects.toMatchObject({ code: 'corrupt_photo', explanation: 'Take another' });
    expect(warned).toEqual([]);
  });

  it('refuses more photos than may wait', async () => {
    const photos = await Promise.allSettled(Array.from({ length: 70 }, () => inspect('ok')));
    const refused = photos.filter((photo) => photo.status === 'rejected');
    expect(refused).toHaveLength(70 - 2 - 64);
    expect(refused[0].reason).toMatchObject({ code: 'overloaded', policy: { status: 503 } });
  });
});
