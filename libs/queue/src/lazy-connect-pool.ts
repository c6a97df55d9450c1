import { Logger } from '@nestjs/common';
import { OutageLog } from '#core';
import { assertSchemaCompatibility, DEFAULT_SCHEMA } from 'bullmq';
import pRetry from 'p-retry';
import pg from 'pg';

const MAX_PAUSE_MS = 3_000;

/**
 * A pool that waits for its first connection without limit: BullMQ checks the version of its tables on it, and a worker
 * whose check fails never works. Later connections fail as usual.
 */
export class LazyConnectPool extends pg.Pool {
  private readonly outages = new OutageLog(new Logger('queue'), 'The render queue on PostgreSQL');
  private readonly stopped = new AbortController();
  private ready?: Promise<void>;

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- two overloads: with a callback, or a promise
  override connect(callback?: any): any {
    if (callback) return super.connect(callback as () => void);
    this.ready ??= this.waitUntilReady();
    return this.ready.then(() => super.connect());
  }

  override end(): Promise<void> {
    this.stopped.abort(new Error('The pool is closed'));
    return super.end();
  }

  private async waitUntilReady(): Promise<void> {
    const attempt = async (): Promise<void> => {
      try {
        const client = await super.connect();
        try {
          await assertSchemaCompatibility(client, DEFAULT_SCHEMA);
        } finally {
          client.release();
        }
      } catch (error) {
        this.outages.failed(error);
        throw new Error('Not ready', { cause: error });
      }
    };
    const pauses = { minTimeout: 200, factor: 2, maxTimeout: MAX_PAUSE_MS, randomize: true };
    await pRetry(attempt, { forever: true, ...pauses, signal: this.stopped.signal });
    this.outages.recovered();
  }
}
