import { loadMigrationConfig, OPERATOR_TIME_LIMITS } from '#config';
import type { SeedDifference } from '../../../../../migrations/seed.js';
import { type CommandContext, parseCommandLine } from '../../command.js';
import { checksFailed } from '../../failures.js';
import { withServerErrors } from '../deployment.js';
import { CHANGE_HELP, changeOptions, readVariables } from '../operator-options.js';
import { printResult, pluralize, NOTHING_CHANGED } from '../output.js';

export const help =
  (): string => `Compares the styles and size presets with those that every deployment has, and puts them right.

Usage:
  pop-render seed [--yes]

Rows have fixed ids. Missing rows are added, changed names, descriptions, sizes and resolutions set back. The settings of a
style (algorithm_config) and rows of your own stay as they are. Ends with 7 when a row with another id is in the way.

Options:
${CHANGE_HELP}`;

export async function run(args: string[], context: CommandContext): Promise<void> {
  const { values } = parseCommandLine(args, changeOptions);
  const { database } = loadMigrationConfig(await readVariables(values['env-file']));
  const { withMigrationConnection } = await import('../../../../../migrations/migrate.js');
  const { compareSeed, repairSeed } = await import('../../../../../migrations/seed.js');
  const differences = await withServerErrors({ database }, () =>
    withMigrationConnection(
      database,
      async (connection) => {
        const found = await compareSeed(connection);
        if (values.yes) await repairSeed(connection);
        return found;
      },
      OPERATOR_TIME_LIMITS,
    ),
  );
  const taken = differences.filter(({ kind }) => kind === 'taken');
  const repairable = differences.length - taken.length;
  printResult(context, values.json, { differences, repaired: values.yes ? repairable : 0 }, () => {
    if (differences.length === 0) return 'The seed is complete';
    const end = values.yes
      ? `${pluralize(repairable, 'row')} put right.`
      : `Would put ${pluralize(repairable, 'row')} right. ${NOTHING_CHANGED}`;
    return [...differences.map(describe), end].join('\n');
  });
  if (taken.length > 0) {
    throw checksFailed(`${pluralize(taken.length, 'row')} cannot be seeded: its slug has another id`);
  }
}

function describe({ table, id, name, kind, fields }: SeedDifference): string {
  const changes = Object.entries(fields).map(
    ([field, { found, seeded }]) => `${field} is ${JSON.stringify(found)}, not ${JSON.stringify(seeded)}`,
  );
  const what = { missing: 'missing', changed: changes.join(', '), taken: 'another row has its slug' }[kind];
  return `${table} ${name} (${id}): ${what}`;
}
