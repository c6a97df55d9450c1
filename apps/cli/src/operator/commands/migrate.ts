import { loadMigrationConfig, OPERATOR_TIME_LIMITS } from '#config';
import type * as migrationsModule from '../../../../../migrations/migrate.js';
import { type CommandContext, parseCommandLine } from '../../command.js';
import { checksFailed } from '../../failures.js';
import { withServerErrors } from '../deployment.js';
import { CHANGE_HELP, changeOptions, readAction, readVariables } from '../operator-options.js';
import { printResult, pluralize, NOTHING_CHANGED, table } from '../output.js';

export const help = (): string => `Brings the schema of the database to this version.

Usage:
  pop-render migrate up        apply every missing migration, then add missing styles and size presets
  pop-render migrate down      take back the newest migration, and the data that only it has room for
  pop-render migrate status    which migrations are applied and when, and which pending; ends with 7 when some are

Several may run at once: they take turns. "up" and "down" refuse a schema that a newer version has migrated.
Reads DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASSWORD, and QUEUE_BACKEND: with postgres "up" keeps the tables of the
queue up to date too.

Options:
${CHANGE_HELP}
                       (of "down" alone: "up" needs no leave)`;

export async function run(args: string[], context: CommandContext): Promise<void> {
  const { values, positionals } = parseCommandLine(args, changeOptions, ['The action (up, down, status)']);
  const action = readAction(positionals[0], ACTIONS);
  const config = loadMigrationConfig(await readVariables(values['env-file']));
  const migrations = await import('../../../../../migrations/migrate.js');
  await withServerErrors(config, () => actions[action]({ migrations, config, context, ...values }));
}

type State = migrationsModule.MigrationState;

interface MigrateContext {
  readonly migrations: typeof migrationsModule;
  readonly config: ReturnType<typeof loadMigrationConfig>;
  readonly context: CommandContext;
  readonly json: boolean;
  readonly yes: boolean;
}

const ACTIONS = ['up', 'down', 'status'] as const;

const NEWER = 'The schema is newer than this version: use that of the newest migration';

const actions: Record<(typeof ACTIONS)[number], (request: MigrateContext) => Promise<void>> = { up, down, status };

async function up({ migrations, config: { database, queueBackend }, context, json }: MigrateContext): Promise<void> {
  const applied = await migrations.migrateUp(database);
  if (queueBackend === 'postgres') await (await import('#queue')).migratePostgresQueue(database);
  printResult(context, json, { applied }, () =>
    applied.length > 0 ? `Applied: ${applied.join(', ')}` : 'Nothing to apply',
  );
}

async function down(request: MigrateContext): Promise<void> {
  const { migrations, config, context, json, yes } = request;
  if (yes) {
    const reverted = await migrations.migrateDown(config.database);
    return printResult(context, json, { reverted }, () => (reverted ? `Reverted: ${reverted}` : 'Nothing to revert'));
  }
  const states = await readStates(request);
  // With --yes it is refused too.
  if (states.some(({ state }) => state === 'unknown')) throw checksFailed(NEWER);
  const newest = states.findLast(({ state }) => state === 'applied')?.name ?? null;
  printResult(context, json, { wouldRevert: newest }, () =>
    newest ? `Would take back ${newest}. ${NOTHING_CHANGED}` : 'Nothing to revert',
  );
}

async function status(request: MigrateContext): Promise<void> {
  const states = await readStates(request);
  const shown = states.map(({ name, state, appliedAt }) => ({ name, state, appliedAt: whenApplied(state, appliedAt) }));
  printResult(request.context, request.json, { migrations: shown }, () =>
    table([
      ['Migration', 'State', 'Applied at'],
      ...shown.map(({ name, state, appliedAt }) => [name, state, appliedAt ?? '']),
    ]),
  );
  const count = (wanted: State['state']): number => states.filter(({ state }) => state === wanted).length;
  if (count('unknown') > 0) throw checksFailed(NEWER);
  const pending = count('pending');
  if (pending > 0) throw checksFailed(`${pluralize(pending, 'migration')} pending: pop-render migrate up`);
}

/** @returns null for one that is not applied, `unknown` for one applied before such times were kept */
function whenApplied(state: State['state'], appliedAt: Date | null): string | null {
  return appliedAt?.toISOString() ?? (state === 'pending' ? null : 'unknown');
}

function readStates({ migrations, config }: MigrateContext): Promise<State[]> {
  return migrations.withMigrationConnection(config.database, migrations.migrationStates, OPERATOR_TIME_LIMITS);
}
