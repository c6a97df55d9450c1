import type { DependencyName } from '#core';

/** One dependency a process can ask after. Adapters stay unknown here: the applications say what to ask. */
export interface HealthCheck {
  /** Name under `checks` in the body of /health. */
  readonly name: string;
  /** Under which it is told to the metrics; left out when it is told already. */
  readonly dependency?: DependencyName;
  /** Whether readiness depends on it: without it the process can serve nothing. */
  readonly critical: boolean;
  /** Resolves with further facts when the dependency answers; throws when not. */
  check(): Promise<Record<string, unknown> | void>;
}
