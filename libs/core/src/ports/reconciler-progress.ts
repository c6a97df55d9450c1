import type { QueuePosition } from './render-store.js';

export interface ReconcilerRound {
  /** Where the previous round stopped; undefined at the beginning of the queue. */
  readonly after?: QueuePosition;
  /** Whether the counts of the renders have not been compared with the rows for an hour. */
  readonly isRecountDue: boolean;
}

/** How far the reconciler of a deployment has got, whichever of its processes ran the previous round. */
export abstract class ReconcilerProgress {
  /** Starts a round unless one has started less than `periodMs` ago. @returns null when it is too early */
  abstract startRound(periodMs: number): Promise<ReconcilerRound | null>;
  abstract recordPosition(position?: QueuePosition): Promise<void>;
  abstract recordRecount(): Promise<void>;
}
