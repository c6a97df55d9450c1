import { type FileHandle, open, rm } from 'node:fs/promises';
import type { FailedJob } from '#core';
import { failedJobs, removeFailedJobs } from '#application';
import type { CommandContext } from '../../command.js';
import { outputError, usageError } from '../../failures.js';
import { requireNew } from '../../files.js';
import { ProgressBar } from '../../progress-bar.js';
import type { QueueLine } from '../commands/queue.js';
import { withDeployment } from '../deployment.js';
import { durationOption } from '../operator-options.js';
import { printResult, pluralize, NOTHING_CHANGED } from '../output.js';

/** From then on the row of a failed render is marked as archived. */
const ARCHIVED_AFTER_MS = 7 * 24 * 3_600_000;

/** Writes the failed jobs of the queue to a file and removes exactly these. */
export async function clearFailed(
  { json, yes, discard, 'archive-to': file, 'older-than': olderThan }: QueueLine,
  variables: NodeJS.ProcessEnv,
  context: CommandContext,
): Promise<void> {
  if ((file === undefined) === !discard) {
    throw usageError('Give one of --archive-to FILE, which keeps what is removed, and --discard, which deletes it');
  }
  const age = olderThan === undefined ? 0 : durationOption('older-than', olderThan);
  const before = new Date(Date.now() - age * 1000);
  await withDeployment(variables, ['database', 'queue'], async ({ database, queue: { operations } }) => {
    const stoppable = { signal: context.signal };
    if (!yes) {
      if (file !== undefined) await requireNew(file);
      const { jobIds, errors } = await survey(failedJobs(operations, before), stoppable);
      const rows = await database.operations.countFailedToArchive(ARCHIVED_AFTER_MS);
      const document = { wouldRemove: jobIds.length, errors: Object.fromEntries(errors), wouldArchiveRows: rows };
      return printResult(context, json, document, () =>
        [
          ...[...errors].map(([error, count]) => `${String(count).padStart(6)}  ${error}`),
          `Would remove ${pluralize(jobIds.length, 'failed job')} from the queue.`,
          `Would mark ${pluralize(rows, 'render')} that failed more than 7 days ago as archived. ${NOTHING_CHANGED}`,
        ].join('\n'),
      );
    }
    const bar = new ProgressBar(!json);
    try {
      const { jobIds } = await archive(file, (write) =>
        survey(failedJobs(operations, before), { ...stoppable, write }),
      );
      const removed = await removeFailedJobs(operations, jobIds, {
        signal: context.signal,
        onProgress: (done) => bar.show('removed', done / jobIds.length),
      });
      context.signal.throwIfAborted();
      const archived = await database.operations.dismissFailed(ARCHIVED_AFTER_MS);
      bar.clear();
      printResult(context, json, { removed, archiveFile: file ?? null, rowsArchived: archived }, () =>
        [
          `Removed ${pluralize(removed, 'failed job')} from the queue${file === undefined ? '' : `; ${file} has them`}.`,
          `Marked ${pluralize(archived, 'render')} that failed more than 7 days ago as archived.`,
        ].join('\n'),
      );
    } finally {
      bar.clear();
    }
  });
}

interface Survey {
  readonly jobIds: readonly string[];
  readonly errors: ReadonlyMap<string, number>;
}

type Write = (job: FailedJob) => Promise<void>;

async function survey(
  jobs: AsyncIterable<FailedJob>,
  { signal, write }: { readonly signal: AbortSignal; readonly write?: Write },
): Promise<Survey> {
  const jobIds: string[] = [];
  const errors = new Map<string, number>();
  for await (const job of jobs) {
    signal.throwIfAborted();
    await write?.(job);
    jobIds.push(job.id);
    const error = job.error ?? 'unknown';
    errors.set(error, (errors.get(error) ?? 0) + 1);
  }
  return { jobIds, errors };
}

/** Lets the work write jobs to the file; when it resolves, they are on the disk, and when it fails there is no file. */
export async function archive<T>(file: string | undefined, work: (write?: Write) => Promise<T>): Promise<T> {
  if (file === undefined) return work();
  const handle = await create(file);
  try {
    const result = await work(async (job) => void (await handle.appendFile(`${JSON.stringify(job)}\n`)));
    await handle.sync();
    return result;
  } catch (error) {
    // Part of an archive would be in the way of the next try.
    await rm(file, { force: true });
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw outputError(`${file} cannot be written: ${(error as Error).message}; nothing was removed`, error);
  } finally {
    await handle.close();
  }
}

async function create(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'wx', 0o600);
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw outputError(
      isThere ? `${file} is there already` : `${file} cannot be written: ${(error as Error).message}`,
      error,
    );
  }
}
