import type { DependencyName } from '#core';

/** One dependency of a process. The applications provide the checks, so that this library knows no adapter. */
export interface HealthCheck {
  /** Name under `checks` in the body of /health. */
  readonly name: string;
  /** Its label in the metrics; left out when another check has it already. */
  readonly dependency?: DependencyName;
  /** Whether readiness depends on it: without it the process cannot serve requests. */
  readonly critical: boolean;
  /** Resolves with further info for the body when the dependency works. @throws Error whose message is shown */
  check(): Promise<Record<string, unknown> | void>;
}
