import { Logger } from '@nestjs/common';
import { OutageLog } from '#core';
import { assertSchemaCompatibility, DEFAULT_SCHEMA } from 'bullmq';
import pRetry from 'p-retry';
import pg from 'pg';

const LONGEST_PAUSE_MS = 3_000;

/**
 * A pool whose first connection is waited for: BullMQ asks for one to see whether its tables are there, and a worker
 * that was refused then would never work. Later ones fail as usual.
 */
export class LazyConnectPool extends pg.Pool {
  private readonly faults = new OutageLog(new Logger('queue'), 'The render queue on PostgreSQL');
  private readonly stopped = new AbortController();
  private reached?: Promise<void>;

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- two overloads: with a callback, or a promise
  override connect(callback?: any): any {
    if (callback) return super.connect(callback as () => void);
    this.reached ??= this.reach();
    return this.reached.then(() => super.connect());
  }

  override end(): Promise<void> {
    this.stopped.abort(new Error('The pool is closed'));
    return super.end();
  }

  private async reach(): Promise<void> {
    const attempt = async (): Promise<void> => {
      try {
        const client = await super.connect();
        try {
          await assertSchemaCompatibility(client, DEFAULT_SCHEMA);
        } finally {
          client.release();
        }
      } catch (error) {
        this.faults.failed(error);
        throw new Error('Not ready', { cause: error });
      }
    };
    const pauses = { minTimeout: 200, factor: 2, maxTimeout: LONGEST_PAUSE_MS, randomize: true };
    await pRetry(attempt, { forever: true, ...pauses, signal: this.stopped.signal });
    this.faults.recovered();
  }
}
