import { API_TIME_LIMITS, type QueueConfig, type TimeLimits } from '#config';
import { DependencyError, MANY_TRIES, type QueueCounts, type RenderJob, RenderQueue } from '#core';
import { Queue } from 'bullmq';
import { openBackend, type ProducerBackend, QUEUE_NAME } from './backend.js';

const KEEP_COMPLETED_SECONDS = 24 * 3600;
const KEEP_FAILED_SECONDS = 7 * 24 * 3600;

type OpenQueue = Queue<RenderJob, void, string>;

const ALIVE: ReadonlySet<string> = new Set(['waiting', 'active', 'delayed', 'prioritized', 'waiting-children']);

/** Puts renders on the BullMQ queue `renders`, on Redis or on PostgreSQL. */
export class BullMqRenderQueue extends RenderQueue {
  private readonly backend: ProducerBackend;
  private opened?: Promise<OpenQueue>;

  constructor(
    config: QueueConfig,
    private readonly limits: TimeLimits = API_TIME_LIMITS,
  ) {
    super();
    this.backend = openBackend(config, 'producer', limits);
  }

  async enqueue(job: RenderJob, generation: number): Promise<string> {
    const { renderId, assetId, styleId, sizePresetId, requestId, traceparent } = job;
    const data = { renderId, assetId, styleId, sizePresetId, requestId, traceparent };
    const added = await this.guard((queue) => queue.add('render', data, { jobId: `${renderId}-${generation}` }));
    return added.id!;
  }

  async holds(queueJobId: string): Promise<boolean> {
    const state = await this.guard((queue) => queue.getJobState(queueJobId));
    return ALIVE.has(state);
  }

  async counts(): Promise<QueueCounts> {
    const counts = await this.guard((queue) =>
      queue.getJobCounts('waiting', 'prioritized', 'active', 'delayed', 'failed'),
    );
    const { waiting = 0, prioritized = 0, active = 0, delayed = 0, failed = 0 } = counts;
    return { waiting: waiting + prioritized, active, delayed, failed };
  }

  async ping(): Promise<void> {
    await this.guard(async (queue) => {
      await this.backend.check();
      await queue.getJobCounts('waiting');
    });
  }

  async close(): Promise<void> {
    // First the connection: a queue that is being made waits for it.
    await this.backend.close();
    const queue = await this.opened?.catch(() => undefined);
    await queue?.close();
  }

  /** BullMQ's queue, made when its server is there: one that found it away at its making would fail for ever. */
  private open(): Promise<OpenQueue> {
    this.opened ??= this.make().catch((error: unknown) => {
      this.opened = undefined;
      throw error;
    });
    return this.opened;
  }

  private async make(): Promise<OpenQueue> {
    await this.backend.connected();
    const { connection, factory } = this.backend;
    const queue: OpenQueue = new Queue<RenderJob, void, string>(
      QUEUE_NAME,
      {
        connection,
        defaultJobOptions: {
          // The error of a try decides whether there is another; the consumer knows the pauses.
          attempts: MANY_TRIES,
          backoff: { type: 'custom' },
          removeOnComplete: { age: KEEP_COMPLETED_SECONDS },
          removeOnFail: { age: KEEP_FAILED_SECONDS },
        },
      },
      factory,
    );
    queue.on('error', () => undefined); // Whoever asked is told, and the connection tells of its own faults.
    try {
      await queue.waitUntilReady();
      return queue;
    } catch (error) {
      await queue.close().catch(() => undefined);
      throw error;
    }
  }

  private async guard<T>(operation: (queue: OpenQueue) => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('The queue did not answer in time')), this.limits.silenceMs);
    });
    try {
      return await Promise.race([this.work(operation), late]);
    } catch (error) {
      if (error instanceof DependencyError) throw error;
      throw new DependencyError('queue_unavailable', 'Render queue is unavailable', { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  private async work<T>(operation: (queue: OpenQueue) => Promise<T>): Promise<T> {
    const queue = await this.open();
    await this.backend.connected();
    return operation(queue);
  }
}
