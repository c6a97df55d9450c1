/** Too many orders wait already, or one has waited too long. */
export class PoolBusy extends Error {
  constructor() {
    super('Too many orders wait for a process');
    this.name = new.target.name;
  }
}

export interface SlotLimits {
  /** Orders carried out at a time. */
  readonly count: number;
  /** Orders that may wait for a slot. */
  readonly maxWaiting: number;
  /** How long one of them may wait. */
  readonly maxWaitMs: number;
}

/** So many at a time, first come, first served; only so many wait, and only so long. */
export class Slots {
  private taken = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly limits: SlotLimits) {}

  /** @throws PoolBusy; the signal's reason when it is aborted before its turn */
  async take(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.taken < this.limits.count) {
      this.taken++;
      return;
    }
    if (this.waiting.length >= this.limits.maxWaiting) throw new PoolBusy();
    await new Promise<void>((resolve, reject) => {
      const stopWaiting = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const onTurn = (): void => {
        stopWaiting();
        resolve();
      };
      const leave = (reason: Error): void => {
        stopWaiting();
        this.waiting.splice(this.waiting.indexOf(onTurn), 1);
        reject(reason);
      };
      const onAbort = (): void => leave(signal!.reason as Error);
      const timer = setTimeout(() => leave(new PoolBusy()), this.limits.maxWaitMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      this.waiting.push(onTurn);
    });
  }

  /** Hands the slot to whoever waits longest. */
  give(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.taken--;
  }
}
