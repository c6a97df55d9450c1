import type { DatabaseConfig } from '#config';
import { dataSourceOptions } from '#persistence';
import { DataSource } from 'typeorm';
import { mapDatabaseErrors } from '../../libs/persistence/src/database-errors.js';
import { timeoutClient } from '../../libs/persistence/src/connection/timeout-client.js';
import { createDatabase, dropDatabase } from '../support/servers.js';

describe('errors of the database', () => {
  let database: DatabaseConfig;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await createDatabase();
    dataSource = await new DataSource(dataSourceOptions(database)).initialize();
  });
  afterAll(async () => {
    await dataSource.destroy();
    await dropDatabase(database);
  });

  /** Has the server answer with this state. */
  const answered = (state: string): Promise<unknown> =>
    mapDatabaseErrors(() => dataSource.query(`DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '${state}'; END $$`));

  it.each([
    ['53100', 'a full disk'],
    ['53300', 'too many connections'],
    ['25006', 'a read-only server'],
    ['57P01', 'a shutdown'],
    ['57P03', 'a start'],
    ['57014', 'a statement that took too long'],
    ['40001', 'a conflict of transactions'],
    ['58030', 'a disk that fails'],
    ['42P01', 'a missing table'],
  ])('%s, %s, is not an error of the client', async (state) => {
    await expect(answered(state)).rejects.toMatchObject({ code: 'database_unavailable', policy: { status: 503 } });
  });

  it('end no process when no caller waits for an answer', async () => {
    const { host, port, name, user, password } = database;
    const client = new (timeoutClient(1000))({ host, port, database: name, user, password });
    await client.connect();
    const [{ pid }] = (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows;
    await dataSource.query('SELECT pg_terminate_backend($1)', [pid]);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await expect(client.query('SELECT 1')).rejects.toThrow();
  });

  it.each(['23505', '22003', '42601'])('%s is an error of the statement', async (state) => {
    await expect(answered(state)).rejects.toMatchObject({ name: 'QueryFailedError' });
  });
});
