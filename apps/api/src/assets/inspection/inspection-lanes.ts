import type { Lane, SchedulerLimits } from '#sandbox';

/**
 * How long photos wait for their inspection and how many, in one API process. A costly photo holds up its sender's other uploads
 * for seconds, so few of them may wait: uploads that wait take places of `MAX_CONCURRENT_UPLOADS`.
 */
export const INSPECTION_ROOM = {
  room: { cheap: { all: 64, perClient: 32 }, costly: { all: 16, perClient: 6 } },
  /** Above what cameras and phones send, up to 48 megapixels, and below what is made to be costly. */
  costlySeconds: 0.5,
  /** Longer than their senders would wait. */
  maxWaitMs: 10_000,
  preemptMs: 1_500,
  /** Of what is taken for cheap nearly all is done by then; a process takes as long to start. */
  finishMs: 500,
} as const satisfies Partial<SchedulerLimits>;

/**
 * Half of the slots may do costly work, so the rest is always there for cheap work; where only one is wanted, costly work gets a
 * second one of its own.
 */
export function slotsFor(concurrency: number): Record<Lane | 'all', number> {
  const costly = Math.max(1, Math.floor(concurrency / 2));
  return { all: Math.max(2, concurrency), cheap: concurrency, costly };
}
