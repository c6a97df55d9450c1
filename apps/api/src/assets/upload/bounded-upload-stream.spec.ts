import { PassThrough } from 'node:stream';
import type { Request } from 'express';
import { BoundedUploadStream } from './bounded-upload-stream.js';
import { UploadPace } from './upload-pace.js';
import { type UploadSlot, UploadSlots } from './upload-slots.js';

const KIB = 1024;
const PACE = { stallMs: 20_000, graceMs: 10_000, graceBytes: 64 * KIB, minBytesPerSecond: 16 * KIB };

describe('UploadBody', () => {
  let request: PassThrough;
  let slot: UploadSlot;
  let slots: UploadSlots;
  let error: Error | undefined;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    slots = new UploadSlots({ slots: 1, slotsPerClient: 1, slotBytes: 1_000 * KIB, minBytesPerSecond: 0 });
    error = undefined;
  });
  afterEach(() => jest.useRealTimers());

  function begin(): BoundedUploadStream {
    request = new PassThrough();
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    const pace = new UploadPace(PACE);
    slot = slots.acquire('a', pace);
    const limits = { pace, slot, maxBytes: 1_000 * KIB, tooLarge: () => new Error('too large') };
    const body = new BoundedUploadStream(Object.assign(request, { headers }) as unknown as Request, limits);
    return body.on('error', (reason) => (error = reason));
  }

  /** Lets streams go on, and time. */
  async function pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds * 4; i++) await jest.advanceTimersByTimeAsync(250);
  }

  it('refuses a client that sends too little', async () => {
    begin().resume();
    for (let i = 0; i < 11; i++) {
      request.write('x');
      await pass(1);
    }
    expect(error).toMatchObject({ code: 'request_timeout', message: 'The upload is too slow' });
  });

  it('does not blame the client for a form that is not read, such as by a slow disk', async () => {
    const body = begin();
    request.write(Buffer.alloc(500 * KIB));
    await pass(120);
    expect(error).toBeUndefined();
    body.resume();
    await pass(19);
    expect(error).toBeUndefined();
    await pass(2);
    expect(error).toMatchObject({ message: 'The upload stalled' });
  });

  it('gives its slot free when the whole body has come, before it is read', async () => {
    const body = begin();
    Object.assign(request, { complete: true }).end(Buffer.alloc(KIB));
    body.read(0);
    await pass(1);
    expect(() => slots.acquire('b', { bytes: 0, recentBytesPerSecond: Infinity })).not.toThrow();
    expect(slot.evicted.aborted).toBe(false);
    await pass(60);
    expect(error).toBeUndefined();
  });

  it('ends at once when its slot is taken', async () => {
    begin().resume();
    slots.acquire('b', { bytes: 0, recentBytesPerSecond: Infinity });
    await pass(1);
    expect(error).toMatchObject({ code: 'overloaded', message: 'The upload gave way to another' });
  });
});
