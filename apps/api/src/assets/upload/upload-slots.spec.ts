import { OverloadError } from '#core';
import fc from 'fast-check';
import { type UploadSlot, type UploadSlotLimits, UploadSlots } from './upload-slots.js';

const SLOT_BYTES = 1_000;
const MIN_RATE = 100;
const FAST = 10 * MIN_RATE;
const SLOW = 2 * MIN_RATE;
const DRIPPING = MIN_RATE / 10;

interface TestUpload {
  readonly client: string;
  readonly slot: UploadSlot;
  bytes: number;
  recentBytesPerSecond: number;
  isComplete: boolean;
  isReleased: boolean;
}

/** Slots, and every upload that got one. */
class Service {
  readonly uploads: TestUpload[] = [];
  private readonly slots: UploadSlots;

  constructor(readonly limits: UploadSlotLimits) {
    this.slots = new UploadSlots(limits);
  }

  begin(client: string, recentBytesPerSecond = Infinity, bytes = 0): TestUpload {
    const progress = { bytes, recentBytesPerSecond };
    const slot = this.slots.acquire(client, progress);
    const upload = Object.assign(progress, { client, slot, isComplete: false, isReleased: false });
    this.uploads.push(upload);
    return upload;
  }

  /** The code of the refusal; undefined when a slot was to be had. */
  refusal(client: string): string | undefined {
    try {
      this.begin(client);
      return undefined;
    } catch (error) {
      if (error instanceof OverloadError) return error.code;
      throw error;
    }
  }

  get receiving(): TestUpload[] {
    return this.uploads.filter(
      ({ slot, isComplete, isReleased }) => !slot.evicted.aborted && !isComplete && !isReleased,
    );
  }

  get complete(): TestUpload[] {
    return this.uploads.filter(({ isComplete, isReleased }) => isComplete && !isReleased);
  }

  get evicted(): TestUpload[] {
    return this.uploads.filter(({ slot }) => slot.evicted.aborted);
  }

  heldBy(client: string): number {
    return this.receiving.filter((upload) => upload.client === client).length;
  }
}

const limits = (slots: number, slotsPerClient = slots): UploadSlotLimits => {
  return { slots, slotsPerClient, slotBytes: SLOT_BYTES, minBytesPerSecond: MIN_RATE };
};

describe('UploadSlots', () => {
  it('lets a client alone take every slot up to its limit, and refuses it then as that client', () => {
    const service = new Service(limits(4, 3));
    for (let i = 0; i < 3; i++) service.begin('a', FAST);
    expect(service.refusal('a')).toBe('too_many_requests');
    expect(service.refusal('b')).toBeUndefined();
    const unlimited = new Service(limits(1));
    unlimited.begin('a', FAST);
    expect(unlimited.refusal('a')).toBe('overloaded');
  });

  it('refuses one that holds as much as any other when no slot is free', () => {
    const service = new Service(limits(2));
    service.begin('a', FAST);
    service.begin('b', FAST);
    expect(service.refusal('a')).toBe('overloaded');
    expect(service.evicted).toEqual([]);
  });

  it('evicts an upload of the client that holds most, and answers it for good', () => {
    const service = new Service(limits(3));
    const single = service.begin('a', FAST, 1);
    service.begin('b', FAST, 800);
    const least = service.begin('b', FAST, 500);
    service.begin('c');
    expect(service.evicted).toEqual([least]);
    expect(least.slot.evicted.reason).toMatchObject({ code: 'overloaded', message: 'The upload gave way to another' });
    expect(single.slot.evicted.aborted).toBe(false);
  });

  it('evicts first what drips, then what is slow, then what has come least', () => {
    const service = new Service(limits(4));
    const fast = service.begin('a', FAST, 300);
    const young = service.begin('b', Infinity, 0);
    const slow = service.begin('c', SLOW, 900);
    const dripping = service.begin('d', DRIPPING, 900);
    for (const client of ['e', 'f', 'g']) service.begin(client, FAST, 500);
    expect(service.evicted).toEqual(expect.arrayContaining([dripping, slow, young]));
    service.begin('h');
    expect(service.evicted).toContain(fast);
  });

  it('evicts what drips also for the same client, at its limit and when no slot is free', () => {
    const atLimit = new Service(limits(4, 2));
    const [first] = [atLimit.begin('a', DRIPPING), atLimit.begin('a', FAST)];
    expect(atLimit.refusal('a')).toBeUndefined();
    expect(atLimit.evicted).toEqual([first]);
    const full = new Service(limits(1));
    full.begin('a', DRIPPING);
    expect(full.refusal('a')).toBeUndefined();
  });

  it('lets more slow uploads than slots get through one after the other', () => {
    const service = new Service(limits(8));
    const clients = Array.from({ length: 16 }, (_, i) => `client ${i}`);
    const done = new Set<string>();
    // In each round the young uploads turn out to be slow, and a third of those that wait try again.
    for (let round = 0; round < 200 && done.size < clients.length; round++) {
      const waiting = clients.filter(
        (client, i) => (i + round) % 3 === 0 && !done.has(client) && !service.heldBy(client),
      );
      for (const client of waiting) service.refusal(client);
      for (const upload of service.receiving) {
        upload.recentBytesPerSecond = SLOW;
        upload.bytes += 100;
        if (upload.bytes < SLOT_BYTES) continue;
        upload.slot.release();
        upload.isReleased = true;
        done.add(upload.client);
      }
    }
    expect(done.size).toBe(clients.length);
  });

  it('evicts no newcomer for the client that gave way to it', () => {
    const service = new Service(limits(4));
    for (let i = 0; i < 4; i++) service.begin(`attacker ${i}`, SLOW, 500 + i);
    const honest = service.begin('honest');
    for (let i = 0; i < 3; i++) service.begin(service.evicted.at(-1)!.client);
    expect(honest.slot.evicted.aborted).toBe(false);
  });

  it('takes the disk of complete uploads into account, and no slot of theirs', () => {
    const service = new Service(limits(2));
    const finish = (bytes: number): TestUpload => {
      const upload = service.begin('a', FAST, bytes);
      upload.isComplete = true;
      upload.slot.complete();
      return upload;
    };
    for (let i = 0; i < 10; i++) finish(100);
    const [first] = [service.begin('b', FAST), service.begin('c', FAST)];
    first.slot.release();
    first.isReleased = true;
    const large = finish(1);
    expect(service.refusal('c')).toBe('overloaded');
    large.slot.release();
    expect(service.refusal('c')).toBeUndefined();
  });

  const step = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constant('begin' as const), client: fc.constantFrom('a', 'b', 'c', 'd', 'e') }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        kind: fc.constant('progress' as const),
        which: fc.nat(),
        bytes: fc.integer({ min: 0, max: SLOT_BYTES }),
        rate: fc.constantFrom(0, DRIPPING, SLOW, FAST, Infinity),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constantFrom('complete' as const, 'release' as const), which: fc.nat() }),
    },
  );

  it('keeps its limits and its promises whatever happens', () => {
    const settings = fc.record({
      slots: fc.integer({ min: 1, max: 6 }),
      slotsPerClient: fc.integer({ min: 1, max: 8 }),
    });
    fc.assert(
      fc.property(settings, fc.array(step, { maxLength: 120 }), ({ slots, slotsPerClient }, steps) => {
        const service = new Service(limits(slots, slotsPerClient));
        for (const each of steps) {
          if (each.kind === 'begin') checkArrival(service, each.client);
          else {
            // Also those that have been evicted, or released before: they may no longer change anything.
            const upload = service.uploads[each.which % service.uploads.length];
            if (upload) advance(upload, each);
          }
          checkLimits(service);
        }
        for (const { slot } of service.uploads) slot.release();
        for (const upload of service.uploads) upload.isReleased = true;
        for (let i = 0; i < slots; i++) expect(service.refusal(`new client ${i}`)).toBeUndefined();
        expect(service.receiving).toHaveLength(slots);
      }),
    );
  });

  type Step = { kind: 'progress'; bytes: number; rate: number } | { kind: 'complete' | 'release' };
  function advance(upload: TestUpload, each: Step): void {
    if (each.kind === 'release') {
      upload.slot.release();
      upload.isReleased = true;
    } else if (each.kind === 'complete') {
      upload.slot.complete();
      if (!upload.slot.evicted.aborted) upload.isComplete = true;
    } else if (each.kind === 'progress' && !upload.isComplete) {
      upload.bytes = Math.min(SLOT_BYTES, upload.bytes + each.bytes);
      upload.recentBytesPerSecond = each.rate;
    }
  }

  function checkArrival(service: Service, client: string): void {
    const { slots, slotsPerClient } = service.limits;
    const before = service.receiving;
    const evictedBefore = new Set(service.evicted);
    const held = service.heldBy(client);
    const mostHeld = Math.max(0, ...before.map((upload) => service.heldBy(upload.client)));
    const drips = before.some(({ recentBytesPerSecond }) => recentBytesPerSecond < MIN_RATE);
    const refusal = service.refusal(client);
    const evicted = service.evicted.filter((upload) => !evictedBefore.has(upload));
    const isAtLimit = slotsPerClient < slots && held >= slotsPerClient;
    if (!isAtLimit && (held < mostHeld || drips)) expect(refusal).toBeUndefined();
    if (refusal) expect(refusal).toBe(isAtLimit ? 'too_many_requests' : 'overloaded');
    expect(evicted.length).toBeLessThanOrEqual(refusal ? 0 : 1);
    for (const upload of evicted) {
      expect(before).toContain(upload); // Never one that is complete.
      const isFull = before.length >= slots || bytesReserved(service) > slots * SLOT_BYTES;
      expect(isFull || isAtLimit).toBe(true);
      if (upload.recentBytesPerSecond >= MIN_RATE) {
        expect(drips).toBe(false);
        expect(upload.client).not.toBe(client);
      }
    }
  }

  function checkLimits(service: Service): void {
    const { slots, slotsPerClient } = service.limits;
    expect(service.receiving.length).toBeLessThanOrEqual(slots);
    for (const { client } of service.receiving) expect(service.heldBy(client)).toBeLessThanOrEqual(slotsPerClient);
    expect(bytesReserved(service)).toBeLessThanOrEqual((slots + 1) * SLOT_BYTES);
  }

  function bytesReserved({ receiving, complete }: Service): number {
    return receiving.length * SLOT_BYTES + complete.reduce((sum, { bytes }) => sum + bytes, 0);
  }
});
