import { loadServersConfig, OPERATOR_SHORT_TIME_LIMITS } from '#config';
import { type CommandContext, numberOption, parseCommandLine } from '../../command.js';
import { unsupportedError, usageError } from '../../failures.js';
import { withServerErrors } from '../deployment.js';
import { CHANGE_HELP, changeOptions, readAction, readVariables } from '../operator-options.js';
import { printResult, NOTHING_CHANGED, table } from '../output.js';

export const help = (): string => `Expiry of old objects by the S3 server itself.

Usage:
  pop-render lifecycle show
  pop-render lifecycle apply --days N [--prefix renders/] [--yes]

The server reports no removal: rows of expired renders stay "completed" and their links lead nowhere. Prefer
"pop-render cleanup old --days N", which archives the rows too; use this as a net under it, with more days. One rule is
ours, DeleteOldRenders: another prefix takes the place of the one before. Rules with another id stay as they are.
Ends with 8 when the server has no lifecycle rules, as Garage before 0.9 and old MinIO: use "pop-render cleanup old" alone.

Options:
  --days N             days after which an object expires, 1 to 36500
  --prefix PREFIX      of which objects (default renders/)
${CHANGE_HELP}`;

const options = {
  ...changeOptions,
  days: { type: 'string' },
  prefix: { type: 'string', default: 'renders/' },
} as const;

export async function run(args: string[], context: CommandContext): Promise<void> {
  const { values, positionals } = parseCommandLine(args, options, ['The action (show, apply)']);
  const action = readAction(positionals[0], ['show', 'apply']);
  const days = numberOption('days', values.days, { low: 1, high: 36_500 });
  if (action === 'apply' && days === undefined) throw usageError('--days is missing, as in --days 120');
  if (!['renders/', 'uploads/'].includes(values.prefix)) {
    throw usageError(`--prefix ${values.prefix}: choose one of renders/, uploads/`);
  }
  const { storage } = loadServersConfig(await readVariables(values['env-file']), ['storage']);
  if (storage.backend !== 's3') throw usageError('STORAGE_BACKEND is filesystem: only S3 servers let objects expire');

  const { BucketLifecycle, LifecycleUnsupportedError } = await import('#storage');
  const lifecycle = new BucketLifecycle(storage.s3, OPERATOR_SHORT_TIME_LIMITS);
  await withServerErrors({ storage }, async () => {
    try {
      if (action === 'apply' && values.yes) await lifecycle.apply(values.prefix, days!);
      const rules = await lifecycle.show();
      const { bucket } = storage.s3;
      printResult(context, values.json, { bucket, rules, applied: action === 'apply' && values.yes }, () => {
        if (action === 'apply' && !values.yes) {
          return `Would let objects under ${values.prefix} expire after ${days} days. ${NOTHING_CHANGED}`;
        }
        if (rules.length === 0) return `Bucket ${bucket} has no rules: nothing expires`;
        const rows = rules.map((rule) => [
          ...[rule.id, rule.enabled ? 'enabled' : 'disabled', rule.prefix || '(all)'],
          rule.days === null ? 'other than by age' : `${rule.days} days`,
        ]);
        return table([['Rule', 'State', 'Prefix', 'Expires after'], ...rows]);
      });
    } catch (error) {
      if (!(error instanceof LifecycleUnsupportedError)) throw error;
      const { endpoint } = storage.s3;
      const advice = 'nothing expires automatically; pop-render cleanup old --days N removes old renders';
      throw unsupportedError(`S3 server at ${endpoint.host}:${endpoint.port}: ${error.message}: ${advice}`, error);
    } finally {
      lifecycle.close();
    }
  });
}
