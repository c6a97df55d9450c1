import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseConfig } from '#config';
import { DatabaseObserver, type PoolState } from '#core';
import { dataSourceOptions } from '#persistence';
import { DataSource } from 'typeorm';
import { FaultProxy } from '../support/fault-proxy.js';
import { freePort, until } from '../support/processes.js';
import { createMigratedDatabase, dropDatabase } from '../support/servers.js';

const LIMITS = { connectMs: 500, idleTimeoutMs: 500 };

class Notes extends DatabaseObserver {
  readonly queries: string[] = [];
  readonly errors: string[] = [];
  pool!: () => PoolState;
  opened(state: () => PoolState): void {
    this.pool = state;
  }
  queried(type: string, seconds: number): void {
    expect(seconds).toBeGreaterThan(0);
    this.queries.push(type);
  }
  failed(kind: string): void {
    this.errors.push(kind);
  }
}

describe('an observer of the database', () => {
  let database: DatabaseConfig;
  let notes: Notes;
  let dataSource: DataSource;
  beforeAll(async () => (database = await createMigratedDatabase()));
  afterAll(() => dropDatabase(database));

  beforeEach(() => (notes = new Notes()));
  afterEach(async () => dataSource.isInitialized && (await dataSource.destroy()));

  const connect = (port = database.port): DataSource =>
    (dataSource = new DataSource(dataSourceOptions({ ...database, port }, LIMITS, notes)));

  it('is notified of each kind of statement that was answered, and of no other', async () => {
    await connect().initialize();
    notes.queries.length = 0;
    await dataSource.transaction(async (manager) => {
      await manager.query(`INSERT INTO styles (id, name, slug) VALUES (gen_random_uuid(), 'x', 'x')`);
      await manager.query(`UPDATE styles SET name = 'y' WHERE slug = 'x'`);
      await manager.query(`  delete from styles WHERE slug = 'x'`);
      await manager.query('SET LOCAL work_mem = 1024');
    });
    await dataSource.query('SELECT 1');
    await dataSource.query(`WITH found AS (SELECT id FROM styles WHERE slug = 'x' FOR UPDATE) SELECT * FROM found`);
    await dataSource.query(
      `WITH found AS (SELECT id FROM styles WHERE slug = 'x')
       INSERT INTO styles (id, name, slug) SELECT id, 'x', 'x' FROM found`,
    );
    expect(notes.queries).toEqual(['INSERT', 'UPDATE', 'DELETE', 'SELECT', 'SELECT', 'INSERT']);
    expect(notes.errors).toEqual([]);
  });

  it('knows how many connections are used, wait and are allowed', async () => {
    expect([connect(), notes.pool()][1]).toEqual({ active: 0, idle: 0, max: database.pool.max });
    await dataSource.initialize();
    const runner = dataSource.createQueryRunner();
    await runner.connect();
    expect(notes.pool()).toMatchObject({ active: 1 });
    await runner.release();
    expect(notes.pool()).toMatchObject({ active: 0 });
    expect(notes.pool().idle).toBeGreaterThan(0);
    await dataSource.destroy();
    expect(notes.pool()).toEqual({ active: 0, idle: 0, max: database.pool.max });
  });

  it('is notified of a statement that the server refuses', async () => {
    await connect().initialize();
    await expect(dataSource.query('SELECT nonsense')).rejects.toThrow('nonsense');
    expect(notes.errors).toEqual(['query_error']);
  });

  it('is notified of an unreachable server', async () => {
    await expect(connect(await freePort()).initialize()).rejects.toThrow('ECONNREFUSED');
    expect(notes.errors).toEqual(['connection_error']);
  });

  it('is notified of a statement that the server ends because it takes too long', async () => {
    await connect().initialize();
    await expect(dataSource.query('SET statement_timeout = 50; SELECT pg_sleep(5)')).rejects.toThrow(
      'statement timeout',
    );
    expect(notes.errors).toEqual(['timeout_error']);
  });

  it('is notified of a server that stops answering', async () => {
    const proxy = await FaultProxy.open(database);
    await connect(proxy.port).initialize();
    await proxy.inject('blackhole');
    await expect(dataSource.query('SELECT 1')).rejects.toThrow('did not answer');
    expect(notes.errors).toEqual(['timeout_error']);
    await proxy.close();
  });

  it('is notified of a connection that breaks while its answer is awaited', async () => {
    await connect().initialize();
    const asked = dataSource.query('SELECT pg_sleep(5)').catch((error: Error) => error);
    const other = await new DataSource(dataSourceOptions(database)).initialize();
    const end = `SELECT pg_terminate_backend(pid) AS done FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(5)'`;
    await until('the statement runs', async () => (await other.query<unknown[]>(end)).length > 0);
    await other.destroy();
    expect(await asked).toBeInstanceOf(Error);
    await sleep(0);
    expect(notes.errors).toEqual(['connection_error']);
  });
});
