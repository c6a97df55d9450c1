import type { DatabaseConfig } from '#config';
import { DatabaseObserver, type PoolState } from '#core';
import { instrumentedDriver } from '#persistence/connection';
import type pg from 'pg';
import { FaultProxy } from '../support/fault-proxy.js';
import { until } from '../support/processes.js';
import { createDatabase, dropDatabase } from '../support/servers.js';

class Notes extends DatabaseObserver {
  readonly errors: string[] = [];
  pool!: () => PoolState;
  opened(state: () => PoolState): void {
    this.pool = state;
  }
  queried(): void {}
  failed(kind: string): void {
    this.errors.push(kind);
  }
}

describe('a pool whose callers wait for the first connection that there is', () => {
  let database: DatabaseConfig;
  let proxy: FaultProxy;
  let pool: pg.Pool;
  let notes: Notes;
  beforeAll(async () => (database = await createDatabase()));
  afterAll(() => dropDatabase(database));
  beforeEach(async () => {
    proxy = await FaultProxy.open(database);
    notes = new Notes();
  });
  afterEach(async () => {
    await proxy.heal();
    await pool.end();
    await proxy.close();
  });

  /** @param waitMs for a connection, once there has been one */
  function open(waitMs: number): void {
    const { Pool } = instrumentedDriver(notes, 3) as { Pool: new (settings: object) => pg.Pool };
    const { name, user, password } = database;
    pool = new Pool({
      ...{ host: '127.0.0.1', port: proxy.port, database: name, user, password },
      ...{ max: 3, connectionTimeoutMillis: 20_000, waitMs },
    });
    pool.on('error', () => undefined);
  }

  it('gives a caller the connection that another releases, while the attempt for it is slow', async () => {
    open(20_000);
    const first = await pool.connect();
    proxy.hold();
    const second = pool.connect();
    await until('the attempt is made', () => proxy.accepted === 2);
    first.release();
    expect(await second).toBe(first);
    first.release();
    // Also when no caller released it in between.
    const [third, fourth] = [await pool.connect(), pool.connect()];
    third.release();
    expect(await fourth).toBe(third);
    third.release();
  });

  it('keeps the connection of an attempt whose caller has given up, and makes no other meanwhile', async () => {
    open(50);
    const first = await pool.connect();
    proxy.hold();
    await expect(pool.connect()).rejects.toThrow('timeout exceeded');
    await expect(pool.query('SELECT 1')).rejects.toThrow('timeout exceeded');
    expect(notes.errors).toEqual(['connection_error', 'connection_error']);
    expect(proxy.accepted).toBe(2);
    proxy.release();
    await until('it has come to be', () => pool.idleCount === 1);
    const second = await pool.connect();
    expect([second === first, proxy.accepted]).toEqual([false, 2]);
    for (const client of [first, second]) client.release();
  });

  it('waits for the first connection of all as long as the attempt lasts', async () => {
    open(1);
    proxy.slowConnecting(200);
    const client = await pool.connect();
    expect((await client.query<{ one: number }>('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    client.release();
  });

  it('serves more callers than it may have connections', async () => {
    open(20_000);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => pool.query<{ i: number }>(`SELECT ${i} AS i`)),
    );
    expect(answers.map(({ rows }) => rows[0].i)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(proxy.accepted).toBeLessThanOrEqual(3);
    await until('every connection came back', () => notes.pool().active === 0);
  });

  it('reports an unreachable server to its callers at once, after two attempts', async () => {
    open(20_000);
    (await pool.connect()).release();
    await proxy.inject('reset');
    await until('the standing one is gone', () => pool.totalCount === 0);
    const failed = await Promise.allSettled([1, 2, 3].map(() => pool.connect()));
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(notes.errors).toEqual(['connection_error', 'connection_error', 'connection_error']);
  });
});
