import { archiveRenders } from '#application';
import { type CommandContext, numberOption, parseCommandLine } from '../../command.js';
import { usageError } from '../../failures.js';
import { ProgressBar } from '../../progress-bar.js';
import { withDeployment } from '../deployment.js';
import { changeOptions, readVariables } from '../operator-options.js';
import { printResult, pluralize, formatBytes, NOTHING_CHANGED } from '../output.js';
import { requireStyle } from '../selection.js';

const options = {
  ...changeOptions,
  days: { type: 'string' },
  style: { type: 'string' },
  'archive-to': { type: 'string' },
} as const;

const DAY_MS = 86_400_000;

export async function run(args: string[], context: CommandContext): Promise<void> {
  const { values } = parseCommandLine(args, options);
  const { yes, json, style } = values;
  const days = numberOption('days', values.days, { low: 1, high: 36_500 });
  if (days === undefined) throw usageError('--days is missing, as in --days 90');
  const which = { completedBefore: new Date(Date.now() - days * DAY_MS), style };

  await withDeployment(await readVariables(values['env-file']), ['database', 'storage'], async (deployment) => {
    const { archive, catalogue } = deployment.database;
    await requireStyle(style, catalogue);
    // Of a store that is not there, such as a folder that is not mounted, every file would seem to be gone already.
    await deployment.storage.ping();
    const sum = await archive.sumUp(which);
    const amount = `${pluralize(sum.renders, 'render')} of more than ${pluralize(days, 'day')} (${formatBytes(sum.bytes)})`;
    if (!yes || sum.renders === 0) {
      return printResult(context, json, { archived: 0, wouldArchive: sum.renders, bytes: sum.bytes }, () =>
        sum.renders === 0 ? `Nothing to archive: ${amount}` : `Would archive ${amount}. ${NOTHING_CHANGED}`,
      );
    }
    const bar = new ProgressBar(true);
    let done = 0;
    try {
      const { renders, ...files } = await archiveRenders({
        ...{ which, archive, objects: deployment.storage, copyTo: values['archive-to'], signal: context.signal },
        onBatch: (batch) => bar.show('archived', Math.min(1, (done += batch.renders) / sum.renders)),
      });
      bar.clear();
      printResult(context, json, { archived: renders, bytes: sum.bytes, ...files }, () => {
        const copied = values['archive-to'] === undefined ? '' : `, ${pluralize(files.filesCopied, 'file')} copied`;
        const missing = files.filesMissing > 0 ? `, ${files.filesMissing} were missing already` : '';
        return `Archived ${amount}: ${pluralize(files.filesRemoved, 'file')} removed${copied}${missing}`;
      });
    } finally {
      bar.clear();
    }
  });
}
