/**
 * Why a child process ended in the middle of an order: by itself, by a signal that was not ours, because it held too much
 * memory or took too long, because it reported what no sound process reports, or it could not be started or spoken to.
 */
export const DEATH_REASONS = ['crashed', 'killed', 'memory', 'time', 'protocol', 'unusable'] as const;
export type DeathReason = (typeof DEATH_REASONS)[number];

/** The process that carried out an order is dead, and the order with it. */
export class ProcessDeath extends Error {
  constructor(
    readonly reason: DeathReason,
    message: string,
    /** Whether the order had reached it; if not, another process may be given the same order. */
    readonly accepted: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}
