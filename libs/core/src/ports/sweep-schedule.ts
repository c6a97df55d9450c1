/**
 * When the next sweep of the object store is due, by the database and its clock: one a period for the whole deployment,
 * however many workers look. What a worker does about it is excluded from others by {@link Leadership}.
 */
export abstract class SweepSchedule {
  /** Whether the last measurement is older than the period, or there is none, and no attempt that failed asks for a pause. */
  abstract isDue(periodMs: number): Promise<boolean>;
  /**
   * Notes an attempt. Unless it succeeds, no other is due for a pause that doubles with each attempt in a row, up to the
   * period: also when the process that makes it dies.
   */
  abstract begin(firstPauseMs: number, periodMs: number): Promise<void>;
  /** Lets no attempt be due for so long: this one has found that it must not go on. */
  abstract postpone(pauseMs: number): Promise<void>;
  /** Forgets the attempts: one has succeeded, and from then on the measurement says when the next is due. */
  abstract succeeded(): Promise<void>;
}
