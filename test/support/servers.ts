import { randomBytes } from 'node:crypto';
import type { DatabaseConfig, RedisConfig, S3Config, S3Endpoint } from '#config';
import { Redis } from 'ioredis';
import pg from 'pg';

/** The servers `npm test` started, and a part of each for one test file alone. */

function given(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the tests by "npm test -- <path>"`);
  return value;
}

const admin = (): Omit<DatabaseConfig, 'name'> => ({
  host: given('TEST_DB_HOST'),
  port: Number(given('TEST_DB_PORT')),
  user: 'postgres',
  password: given('TEST_DB_PASSWORD'),
  pool: { min: 0, max: 5 },
});

async function asAdmin(statement: string): Promise<void> {
  const { host, port, user, password } = admin();
  const client = new pg.Client({ host, port, user, password, database: 'postgres' });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Where a server of this run listens, for a proxy before it. */
export function addressOf(server: 'database' | 'redis' | 'storage'): { host: string; port: number } {
  if (server === 'database') return { host: given('TEST_DB_HOST'), port: Number(given('TEST_DB_PORT')) };
  if (server === 'redis') return { host: given('TEST_REDIS_HOST'), port: Number(given('TEST_REDIS_PORT')) };
  const [host, port] = given('TEST_S3_ENDPOINT').split(':');
  return { host, port: Number(port) };
}

async function copyOf(template: string): Promise<DatabaseConfig> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  return { ...admin(), name };
}

/** A new, empty database. */
export function createDatabase(): Promise<DatabaseConfig> {
  return copyOf('template1');
}

/** A new database with the schema and the seed. */
export function createMigratedDatabase(): Promise<DatabaseConfig> {
  return copyOf('migrated');
}

/** The same with the tables of the queue on PostgreSQL. */
export function createDatabaseWithQueue(): Promise<DatabaseConfig> {
  return copyOf('migrated_with_queue');
}

export async function dropDatabase({ name }: DatabaseConfig): Promise<void> {
  await asAdmin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
}

/** A database number of Redis that no other running test file uses, its render queue emptied. */
export async function claimRedis(): Promise<RedisConfig> {
  const config = {
    host: given('TEST_REDIS_HOST'),
    port: Number(given('TEST_REDIS_PORT')),
    db: 7 + Number(process.env.JEST_WORKER_ID ?? 1),
    tls: false,
  };
  const redis = new Redis({ ...config, tls: undefined });
  const keys = await redis.keys('bull:renders:*');
  if (keys.length > 0) await redis.del(keys);
  await redis.quit();
  return config;
}

/** Settings of an S3 bucket that does not exist yet. */
export function newBucket(endpoint: S3Endpoint = { ...addressOf('storage'), tls: false }): S3Config {
  return {
    endpoint,
    publicEndpoint: endpoint,
    accessKey: 'S3RVER',
    secretKey: 'S3RVER',
    bucket: `test-${randomBytes(6).toString('hex')}`,
    region: 'us-east-1',
    pathStyle: true,
  };
}
