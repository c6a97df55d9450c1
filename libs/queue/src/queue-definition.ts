import { MAX_ATTEMPTS_TRANSIENT } from '#core';
import type { DefaultJobOptions } from 'bullmq';

/** What a queue is declared with. */
export interface QueueSettings<Payload> {
  /** Name of the queue in error messages, capitalized: "Render queue". */
  readonly title: string;
  /** Name of its jobs at the backend. */
  readonly jobName: string;
  /** Fields of the payload. Nothing else reaches the backend. */
  readonly fields: readonly (keyof Payload & string)[];
  readonly keepCompletedSeconds: number;
  readonly keepFailedSeconds: number;
}

/** A queue, declared once: its producers, its consumers and both backends read it. */
export interface QueueDefinition<Payload> {
  /** Name of the queue at its backend, for `@InjectQueue` and `@Processor`. */
  readonly name: string;
  readonly title: string;
  readonly jobName: string;
  readonly jobOptions: DefaultJobOptions;
  /** Copies the declared fields of a payload. */
  readonly toPayload: (payload: Payload) => Payload;
}

/** Declares a queue whose jobs carry a `Payload`. `QueueModule.register` provides it. */
export function defineQueue<Payload extends object>(
  name: string,
  { title, jobName, fields, keepCompletedSeconds, keepFailedSeconds }: QueueSettings<Payload>,
): QueueDefinition<Payload> {
  return {
    name,
    title,
    jobName,
    jobOptions: {
      // The error of an attempt decides whether there is another; the worker computes the backoff.
      attempts: MAX_ATTEMPTS_TRANSIENT,
      backoff: { type: 'custom' },
      removeOnComplete: { age: keepCompletedSeconds },
      removeOnFail: { age: keepFailedSeconds },
    },
    toPayload: (payload) => Object.fromEntries(fields.map((field) => [field, payload[field]])) as Payload,
  };
}
