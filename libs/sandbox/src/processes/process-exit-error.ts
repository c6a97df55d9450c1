/**
 * Why a child process ended in the middle of a task: on its own, by a signal that was not ours, because it held too much
 * memory or took too long, because it reported what no sound process reports, or it could not be started or spoken to.
 */
export const EXIT_REASONS = ['crashed', 'killed', 'memory', 'time', 'protocol', 'unusable'] as const;
export type ExitReason = (typeof EXIT_REASONS)[number];

/** The process that executed a task exited, and the task failed with it. */
export class ProcessExitError extends Error {
  constructor(
    readonly reason: ExitReason,
    message: string,
    /** Whether the task had reached it; if not, another process may be given the same task. */
    readonly accepted: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}
