import { loadMigrationConfig } from '#config';
import { toPopRenderError } from '#core';
import { migratePostgresQueue } from '#queue';
import { migrateDown, migrateUp } from './migrate.js';

const USAGE = `Usage: node dist/migrations/main.js up|down

  up     apply every missing migration, then add missing styles and size presets (safe to repeat)
  down   take back the newest migration

Reads DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASSWORD, and QUEUE_BACKEND: with postgres the tables of
the queue are kept up to date too.`;

async function main(command: string | undefined): Promise<number> {
  if (command === 'up') {
    const { database, queueBackend } = loadMigrationConfig(process.env);
    const applied = await migrateUp(database);
    if (queueBackend === 'postgres') await migratePostgresQueue(database);
    console.log(applied.length > 0 ? `Applied: ${applied.join(', ')}` : 'Nothing to apply');
    return 0;
  }
  if (command === 'down') {
    const reverted = await migrateDown(loadMigrationConfig(process.env).database);
    console.log(reverted ? `Reverted: ${reverted}` : 'Nothing to revert');
    return 0;
  }
  const asked = command === '--help' || command === '-h';
  (asked ? console.log : console.error)(USAGE);
  return asked ? 0 : 2;
}

try {
  process.exitCode = await main(process.argv[2]);
} catch (error) {
  const { code, message, cause } = toPopRenderError(error);
  console.error(code === 'internal' ? `Migration failed: ${(cause as Error).message}` : message);
  process.exitCode = 1;
}
