import { OverloadError } from '#core';

/** An upload at less than this many times the minimum rate gives way before faster ones, however much of it has come. */
const SLOW_FACTOR = 4;

export interface UploadSlotLimits {
  /** Uploads received at once. */
  readonly slots: number;
  /** Those of one client; none of its own when it is not below `slots`. */
  readonly slotsPerClient: number;
  /** Disk space of a slot: the most that an upload may take. */
  readonly slotBytes: number;
  /** Below it an upload gives way to any other; 0 when none is that slow. */
  readonly minBytesPerSecond: number;
}

/** How far an upload is, in bytes of its body. */
export interface UploadProgress {
  readonly bytes: number;
  /** Infinite for an upload too young to measure. */
  readonly recentBytesPerSecond: number;
}

/** The slot of one upload. */
export interface UploadSlot {
  /** Aborted when the upload has to give way; the reason is the error to answer. The slot has then been released. */
  readonly evicted: AbortSignal;
  /** The whole body has come: the slot is free, the upload cannot be evicted, and only its file still takes space. */
  complete(): void;
  /** The upload has been answered and its file removed; further calls do nothing. */
  release(): void;
}

/**
 * Which uploads are received, and which give way when there are too many (docs/adr/0030). A slot stands for a client that is
 * waited for and for a file of the largest size. A client takes free slots up to its limit. When none is free, a client takes
 * one of another that has more; an upload that drips gives way to any, even to one of the same client, because all clients
 * behind a proxy that is not trusted are one.
 */
export class UploadSlots {
  private readonly receiving = new Map<string, Set<Upload>>();
  private slotsTaken = 0;
  private freeBytes: number;
  private count = 0;

  constructor(private readonly limits: UploadSlotLimits) {
    // One file more than slots: photos that have come whole take no slot from others until they fill that.
    this.freeBytes = (limits.slots + 1) * limits.slotBytes;
  }

  /** Disk space that all uploads may take, as far as they are received. */
  get reservedBytes(): number {
    return (this.limits.slots + 1) * this.limits.slotBytes - this.freeBytes;
  }

  /**
   * A slot for an upload of `client`, which must be released in the end.
   * @param progress of the upload, read whenever another one needs a slot
   * @throws OverloadError when no upload has to give way: `too_many_requests` when the client is at its limit, `overloaded`
   *   when no slot is free
   */
  acquire(client: string, progress: UploadProgress): UploadSlot {
    const { slots, slotsPerClient, slotBytes } = this.limits;
    const held = this.slotsOf(client);
    const isAtLimit = slotsPerClient < slots && held >= slotsPerClient;
    if (isAtLimit || this.slotsTaken >= slots || this.freeBytes < slotBytes) {
      const victim = this.findVictim(({ upload, clientSlots, isDripping }) =>
        isAtLimit ? isDripping && upload.client === client : isDripping || clientSlots > held,
      );
      if (!victim) throw isAtLimit ? clientLimitReached(slotsPerClient) : noneFree();
      this.settle(victim, 0);
      victim.eviction.abort(gaveWay(slots));
    }
    return this.add({ client, progress, number: this.count++, reservedBytes: 0, eviction: new AbortController() });
  }

  private add(upload: Upload): UploadSlot {
    const uploads = this.receiving.get(upload.client) ?? new Set();
    this.receiving.set(upload.client, uploads.add(upload));
    this.slotsTaken++;
    upload.reservedBytes = this.limits.slotBytes;
    this.freeBytes -= upload.reservedBytes;
    return {
      evicted: upload.eviction.signal,
      complete: () => this.settle(upload, Math.min(upload.progress.bytes, upload.reservedBytes)),
      release: () => this.settle(upload, 0),
    };
  }

  /** Ends the reception of an upload, which keeps `bytes` of its space. */
  private settle(upload: Upload, bytes: number): void {
    this.freeBytes += upload.reservedBytes - bytes;
    upload.reservedBytes = bytes;
    const uploads = this.receiving.get(upload.client);
    if (!uploads?.delete(upload)) return;
    this.slotsTaken--;
    if (uploads.size === 0) this.receiving.delete(upload.client);
  }

  private slotsOf(client: string): number {
    return this.receiving.get(client)?.size ?? 0;
  }

  private findVictim(isEligible: (candidate: Candidate) => boolean): Upload | undefined {
    let victim: Candidate | undefined;
    for (const uploads of this.receiving.values()) {
      for (const upload of uploads) {
        const candidate = this.judge(upload, uploads.size);
        if (isEligible(candidate) && (!victim || precedes(candidate, victim))) victim = candidate;
      }
    }
    return victim?.upload;
  }

  private judge(upload: Upload, clientSlots: number): Candidate {
    const { minBytesPerSecond } = this.limits;
    const rate = upload.progress.recentBytesPerSecond;
    return {
      upload,
      clientSlots,
      isDripping: rate < minBytesPerSecond,
      isSlow: rate < SLOW_FACTOR * minBytesPerSecond,
    };
  }
}

interface Upload {
  readonly client: string;
  readonly progress: UploadProgress;
  readonly number: number;
  readonly eviction: AbortController;
  reservedBytes: number;
}

interface Candidate {
  readonly upload: Upload;
  readonly clientSlots: number;
  readonly isDripping: boolean;
  readonly isSlow: boolean;
}

/**
 * Whether `a` gives way rather than `b`. An upload too young to have a rate is not called slow, or a client that was evicted would
 * come back and evict the one that it gave way to. Among uploads of a kind it is the one of which least has come: those that are
 * further will be complete, so that even many slow ones get through few slots one after the other.
 */
function precedes(a: Candidate, b: Candidate): boolean {
  const order =
    Number(b.isDripping) - Number(a.isDripping) ||
    b.clientSlots - a.clientSlots ||
    Number(b.isSlow) - Number(a.isSlow) ||
    a.upload.progress.bytes - b.upload.progress.bytes ||
    a.upload.number - b.upload.number;
  return order < 0;
}

function clientLimitReached(limit: number): OverloadError {
  return new OverloadError('too_many_requests', 'Too many uploads of this client at once', {
    hint: `Send at most ${limit} photos at once, and this one again after the seconds in Retry-After.`,
  });
}

function noneFree(): OverloadError {
  return new OverloadError('overloaded', 'Too many uploads at once', {
    hint: 'Send the photo again after the seconds in Retry-After.',
  });
}

function gaveWay(slots: number): OverloadError {
  return new OverloadError('overloaded', 'The upload gave way to another', {
    hint:
      `No more than ${slots} uploads are received at once; this one was slow, or one of many of its client. ` +
      'Send the photo again after the seconds in Retry-After.',
  });
}
