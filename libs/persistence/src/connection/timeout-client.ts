import type { Duplex } from 'node:stream';
import type { DatabaseObserver } from '#core';
import pg from 'pg';
import { observed, SocketTimeoutError } from './instrumented-driver.js';

interface Internals {
  readonly connection: { readonly stream: Duplex };
}

/** A server that does not take leave in this time is left. */
const LEAVE_MS = 1_000;

/**
 * A client class whose connections end when a statement gets no answer within the limit. The driver's own limit gives up the
 * statement but keeps the connection, and a pool would hand the frozen wire out again and again.
 * Each statement is reported to the observer.
 */
export function timeoutClient(idleTimeoutMs: number, observer?: DatabaseObserver): typeof pg.Client {
  return class TimeoutClient extends pg.Client {
    private timer?: NodeJS.Timeout;

    constructor(config?: string | pg.ClientConfig) {
      super(config);
      const rest = (): void => clearTimeout(this.timer);
      this.on('drain', rest).on('end', rest);
      // A pending statement rejects. An error without one must not end the process.
      this.on('error', () => undefined);
    }

    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- eight overloads that are passed on as they come
    override query(...statement: any[]): any {
      this.destroyAfter(idleTimeoutMs, `The server did not answer within ${idleTimeoutMs / 1000} s`);
      const answer = (super.query as (...statement: unknown[]) => unknown)(...(statement as unknown[]));
      const awaited = typeof (answer as { then?: unknown } | undefined)?.then === 'function';
      return observer && awaited ? observed(observer, statement[0], answer as Promise<unknown>) : answer;
    }

    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
    override end(...callback: any[]): any {
      this.destroyAfter(LEAVE_MS);
      return (super.end as (...callback: unknown[]) => unknown)(...(callback as unknown[]));
    }

    /** @param reason the error of pending statements; none are pending on a connection that is closed */
    private destroyAfter(limitMs: number, reason?: string): void {
      clearTimeout(this.timer);
      const { stream } = (this as unknown as Internals).connection;
      this.timer = setTimeout(
        () => stream.destroy(reason === undefined ? undefined : new SocketTimeoutError(reason)),
        limitMs,
      ).unref();
    }
  };
}
