import { measureStorage, type StorageUsage } from '#application';
import { type CommandContext, parseCommandLine } from '../../command.js';
import { checksFailed, usageError } from '../../failures.js';
import { ProgressBar } from '../../progress-bar.js';
import { withDeployment } from '../deployment.js';
import { OPERATOR_HELP, operatorOptions, readAction, readVariables } from '../operator-options.js';
import { printResult, pluralize, formatBytes, table } from '../output.js';

const FULL_PERCENT = 80;

export const help = (): string => `How much is stored, by listing all of it.

Usage:
  pop-render storage usage [--recorded] [--capacity SIZE]

Options:
  --recorded           what the workers' hourly sweep has measured last, without listing
  --capacity SIZE      what there is room for, such as 500GB, 1TB or 2TiB; ends with 7 over ${FULL_PERCENT} %
${OPERATOR_HELP}`;

const options = {
  ...operatorOptions,
  recorded: { type: 'boolean', default: false },
  capacity: { type: 'string' },
} as const;

export async function run(args: string[], context: CommandContext): Promise<void> {
  const { values, positionals } = parseCommandLine(args, options, ['The action (usage)']);
  readAction(positionals[0], ['usage']);
  const capacity = values.capacity === undefined ? undefined : readSize(values.capacity);
  const variables = await readVariables(values['env-file']);
  const usage = await (values.recorded ? readRecorded(variables) : measure(variables, context.signal));
  const percent = capacity === undefined ? undefined : (usage.total.bytes / capacity) * 100;
  printResult(context, values.json, { ...usage, capacity, percent }, () => describe(usage, values.capacity, percent));
  if (percent !== undefined && percent > FULL_PERCENT) {
    throw checksFailed(`${percent.toFixed(1)} % of ${values.capacity} are used, more than ${FULL_PERCENT} %`);
  }
}

interface Usage extends StorageUsage {
  /** When it was not measured just now. */
  readonly measuredAt?: Date;
}

async function measure(variables: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Usage> {
  const bar = new ProgressBar(true);
  return withDeployment(variables, ['storage'], async ({ storage }) => {
    try {
      const onProgress = (objects: number): void => bar.setLabel(`${pluralize(objects, 'object')} seen`);
      const measured = await measureStorage(storage, { onProgress, signal });
      // A folder that is not there lists as empty.
      if (measured.total.objects === 0) await storage.ping();
      return measured;
    } finally {
      bar.clear();
    }
  });
}

async function readRecorded(variables: NodeJS.ProcessEnv): Promise<Usage> {
  const recorded = await withDeployment(variables, ['database'], ({ database }) => database.storageUsage.last());
  if (recorded === null) throw checksFailed('No worker has measured the storage yet: leave out --recorded to list it');
  const { bytes, objects, measuredAt } = recorded;
  return { total: { bytes, objects }, prefixes: {}, measuredAt };
}

function describe({ total, prefixes, measuredAt }: Usage, capacity?: string, percent?: number): string {
  const row = (name: string, { objects, bytes }: StorageUsage['total']): string[] => [
    name,
    String(objects),
    formatBytes(bytes),
  ];
  const rows = Object.entries(prefixes).sort(([a], [b]) => a.localeCompare(b));
  const lines = [
    ['Prefix', 'Objects', 'Size'],
    ...rows.map(([name, sum]) => row(name || '(none)', sum)),
    row('Total', total),
  ];
  return [
    table(lines),
    ...(percent === undefined ? [] : [`${percent.toFixed(1)} % of ${capacity}`]),
    ...(measuredAt === undefined ? [] : [`Measured at ${measuredAt.toISOString()}`]),
  ].join('\n');
}

/** @returns bytes */
function readSize(text: string): number {
  const [, number, prefix, binary] = /^(\d+(?:\.\d+)?)\s*([kMGTP]?)(i?)B$/i.exec(text) ?? [];
  const bytes = Number(number) * (binary ? 1024 : 1000) ** ' KMGTP'.indexOf((prefix || ' ').toUpperCase());
  if (bytes > 0) return bytes;
  throw usageError(`--capacity ${text}: must be a size such as 500GB, 1TB or 2TiB`);
}
