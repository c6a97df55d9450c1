/** How long a process waits for a server it depends on, in milliseconds. */
export interface TimeLimits {
  /** Until a connection is established, or one of the pool is free. */
  readonly connectMs: number;
  /** Of an attempt to connect to the database that continues after its caller has given up; connectMs by default. */
  readonly attemptMs?: number;
  /** Of silence on an established connection. */
  readonly idleTimeoutMs: number;
}

/** A client waits for the API's response: it gives up early enough to report that within two seconds. */
export const API_TIME_LIMITS: TimeLimits = { connectMs: 1_000, attemptMs: 5_000, idleTimeoutMs: 800 };

/** No client waits for a worker: it waits for a slow server. */
export const WORKER_TIME_LIMITS: TimeLimits = { connectMs: 10_000, idleTimeoutMs: 30_000 };

/** An operator waits at a terminal, for one statement that may scan many rows. */
export const OPERATOR_TIME_LIMITS: TimeLimits = { connectMs: 5_000, idleTimeoutMs: 60_000 };

/** The same for what is answered within seconds at any size, such as by the queue: what is silent for longer hangs. */
export const OPERATOR_SHORT_TIME_LIMITS: TimeLimits = { connectMs: 5_000, idleTimeoutMs: 10_000 };

/** A check of the doctor takes at most five seconds; the rest of them is for its own work. */
export const DOCTOR_TIME_LIMITS: TimeLimits = { connectMs: 4_000, idleTimeoutMs: 4_000 };
