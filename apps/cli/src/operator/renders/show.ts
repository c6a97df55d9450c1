import { type QueueJob, type StoredObject, terminalLine } from '#core';
import type { CommandContext } from '../../command.js';
import type { RendersLine } from '../commands/renders.js';
import { withDeployment } from '../deployment.js';
import { printResult, formatBytes } from '../output.js';
import { findRender } from './find-render.js';
import { type RenderView, viewOf } from './render-view.js';

/** What could not be asked for, in one word for the reader. */
type Answer<T> = T | 'unavailable';

interface Found {
  readonly render: RenderView;
  readonly job: Answer<QueueJob | null>;
  readonly objects: Answer<readonly StoredObject[]>;
}

/** Prints all that is known of one render. The row is enough: queue and storage may be what failed. */
export async function show(
  id: string,
  { json }: RendersLine,
  variables: NodeJS.ProcessEnv,
  context: CommandContext,
): Promise<void> {
  await withDeployment(
    variables,
    ['database', 'queue', 'storage'],
    async ({ database, queue, storage }) => {
      const render = viewOf(await findRender(database.operations, id));
      const listed = async (): Promise<StoredObject[]> => {
        const objects: StoredObject[] = [];
        const photo = await storage.stat(render.photo.key);
        if (photo) objects.push(photo);
        for await (const { key, sizeBytes } of storage.list(`renders/${id}/`)) objects.push({ key, sizeBytes });
        return objects;
      };
      const [job, objects] = await Promise.all([
        render.queueJobId === null
          ? null
          : queue.operations.find(render.queueJobId).catch(() => 'unavailable' as const),
        listed().catch(() => 'unavailable' as const),
      ]);
      const found = { render, job, objects };
      printResult(context, json, found, () => text(found));
    },
    ['queue', 'storage'],
  );
}

function text({ render, job, objects }: Found): string {
  const { errorCode, lastFailure, leaseUntil } = render;
  const rows: (readonly [string, string | null])[] = [
    ['Render', render.id],
    ['Status', `${render.status}, ${render.progress} %`],
    ['Print', `${render.style}, ${render.sizePreset}`],
    ['Photo', `${render.photo.filename} (asset ${render.job.assetId})`],
    ['Request', render.requestId],
    ['Accepted', moment(render.createdAt)],
    ['Started', moment(render.startedAt)],
    ['Ended', moment(render.completedAt)],
    ['Error', errorCode === null ? null : `${errorCode}: ${render.errorMessage}`],
    ['Attempts', `${render.attempts}, ${render.lostAttempts} of them lost with their worker`],
    ['Lease', leaseUntil && `${leaseUntil > new Date() ? 'lives' : 'ran out'}, until ${moment(leaseUntil)}`],
    [
      'Requeued',
      render.requeues === 0
        ? null
        : `${render.requeues} times; failed before as ${lastFailure?.errorCode}: ${lastFailure?.errorMessage}`,
    ],
    ['Job', jobText(render.queueJobId, job)],
    ...objectRows(objects),
  ];
  return rows
    .filter(([, fact]) => fact !== null)
    .map(([name, fact]) => `${name.padEnd(9)} ${terminalLine(fact!)}`)
    .join('\n');
}

function jobText(id: string | null, job: Found['job']): string {
  if (id === null) return 'none yet: a worker gives it one';
  if (job === 'unavailable') return `${id}; the queue is unreachable`;
  if (job === null) return `${id}, which the queue does not know (any more)`;
  const worker = job.worker === null ? '' : `, worker ${job.worker}`;
  return `${id}: ${job.state}, ${job.tries} tries${worker}${job.error === null ? '' : `, ${job.error}`}`;
}

function objectRows(objects: Found['objects']): [string, string][] {
  if (objects === 'unavailable') return [['Objects', 'the storage is unreachable']];
  if (objects.length === 0) return [['Objects', 'none']];
  return objects.map(({ key, sizeBytes }, i) => [i === 0 ? 'Objects' : '', `${key} (${formatBytes(sizeBytes)})`]);
}

function moment(date: Date | null): string | null {
  return date && date.toISOString();
}
