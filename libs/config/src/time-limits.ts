/** How long a process waits for a server it depends on, in milliseconds. */
export interface TimeLimits {
  /** Until a connection stands, or one of the pool is free. */
  readonly connectMs: number;
  /** Of an attempt to connect to the database that goes on when who waited for it has given up; else connectMs. */
  readonly attemptMs?: number;
  /** Of silence on a standing connection. */
  readonly idleTimeoutMs: number;
}

/** A client waits for the API's answer: it gives up early enough to say so within two seconds. */
export const API_TIME_LIMITS: TimeLimits = { connectMs: 1_000, attemptMs: 5_000, idleTimeoutMs: 800 };

/** Nobody waits for a worker: it sits out a slow server. */
export const WORKER_TIME_LIMITS: TimeLimits = { connectMs: 10_000, idleTimeoutMs: 30_000 };

/** Somebody waits at a terminal, for one statement that may go over many rows. */
export const OPERATOR_TIME_LIMITS: TimeLimits = { connectMs: 5_000, idleTimeoutMs: 60_000 };

/** The same for what is answered within seconds however much there is, such as by the queue: what is silent for longer hangs. */
export const OPERATOR_SHORT_TIME_LIMITS: TimeLimits = { connectMs: 5_000, idleTimeoutMs: 10_000 };

/** A check of the doctor takes at most five seconds, of which the rest is for what it finds out by itself. */
export const DOCTOR_TIME_LIMITS: TimeLimits = { connectMs: 4_000, idleTimeoutMs: 4_000 };
