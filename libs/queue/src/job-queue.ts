import { DependencyError, type QueueCounts } from '#core';
import { Queue, type QueueOptions } from 'bullmq';
import type { JobReader } from './job-reader.js';
import type { QueueDefinition } from './queue-definition.js';
import { type ProducerBackend, QueueServer } from './queue-server.js';

/** Jobs added by one command, so that the server can serve others in between. */
const ADD_BATCH_SIZE = 500;

// BullMQ's types derive the payload from a type argument that is a type parameter here, which they cannot resolve.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type OpenQueue = Queue<any, void, string>;

/** The options that `BullModule` passes to the class of its queues. */
export interface JobQueueOptions<Payload> extends QueueOptions {
  readonly definition: QueueDefinition<Payload>;
}

export interface NewQueueJob<Payload> {
  /** Adding a job whose id the queue still holds changes nothing. */
  readonly id: string;
  readonly payload: Payload;
  /** 1 to 2097151, the lowest first; a job without one comes before all others. */
  readonly priority?: number | null;
}

/**
 * The producing end of a declared queue, which `BullModule` constructs in place of BullMQ's class. When the server is
 * unreachable a call fails fast, and BullMQ's queue is constructed again by the next call: one that found no server
 * when it was constructed would fail forever.
 */
export class JobQueue<Payload = unknown> {
  private readonly backend: ProducerBackend;
  private readonly timeoutMs: number;
  private opened?: Promise<OpenQueue>;

  /** The signature that `BullModule` calls; its workers of the same name get their connection from `opts`. */
  constructor(
    readonly name: string,
    readonly opts: JobQueueOptions<Payload>,
  ) {
    const server = QueueServer.of(opts.connection);
    this.timeoutMs = server.limits.idleTimeoutMs;
    this.backend = server.openProducer(name);
  }

  /** Opens a queue without a Nest application. The caller closes it. */
  static open<Payload>(definition: QueueDefinition<Payload>, server: QueueServer): JobQueue<Payload> {
    return new JobQueue(definition.name, { connection: server.asConnection, definition });
  }

  /** Adds a job. Returns its id. @throws DependencyError `queue_unavailable` */
  async add(job: NewQueueJob<Payload>): Promise<string> {
    const { name, data, opts } = this.toBullMq(job);
    const added = await this.run((queue) => queue.add(name, data, opts));
    return added.id!;
  }

  /** Adds many jobs in this order. @throws DependencyError `queue_unavailable` */
  async addAll(jobs: readonly NewQueueJob<Payload>[]): Promise<void> {
    for (let i = 0; i < jobs.length; i += ADD_BATCH_SIZE) {
      const batch = jobs.slice(i, i + ADD_BATCH_SIZE).map((job) => this.toBullMq(job));
      await this.run((queue) => queue.addBulk(batch));
    }
  }

  /** Which of these jobs wait or run. @throws DependencyError `queue_unavailable` */
  findLive(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.read((jobs) => jobs.findLive(ids));
  }

  /** Ids of all jobs that wait or run. @throws DependencyError `queue_unavailable` */
  listLive(): Promise<ReadonlySet<string>> {
    return this.read((jobs) => jobs.listLive());
  }

  /** @throws DependencyError `queue_unavailable` */
  counts(): Promise<QueueCounts> {
    return this.read((jobs) => jobs.counts());
  }

  /** @throws DependencyError `queue_unavailable`, also when the server must not hold the queue */
  ping(): Promise<void> {
    return this.run(async () => {
      await this.backend.check();
      await this.backend.jobs.counts();
    });
  }

  /** Works on BullMQ's queue. @throws DependencyError `queue_unavailable` when the server is unreachable or too slow */
  run<T>(operation: (queue: OpenQueue) => Promise<T>): Promise<T> {
    return this.withTimeout(async () => {
      const queue = await this.open();
      await this.backend.connected();
      return operation(queue);
    });
  }

  async close(): Promise<void> {
    // The connection first: a queue that is being constructed waits for it.
    await this.backend.close();
    const queue = await this.opened?.catch(() => undefined);
    await queue?.close();
  }

  /** Reads jobs without BullMQ. @throws DependencyError as {@link run} */
  private read<T>(operation: (jobs: JobReader) => Promise<T>): Promise<T> {
    return this.withTimeout(async () => {
      await this.backend.connected();
      return operation(this.backend.jobs);
    });
  }

  private async withTimeout<T>(work: () => Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('The queue did not answer in time')), this.timeoutMs);
    });
    try {
      return await Promise.race([work(), timeout]);
    } catch (error) {
      if (error instanceof DependencyError) throw error;
      const { title } = this.opts.definition;
      throw new DependencyError('queue_unavailable', `${title} is unavailable`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  private open(): Promise<OpenQueue> {
    this.opened ??= this.construct().catch((error: unknown) => {
      this.opened = undefined;
      throw error;
    });
    return this.opened;
  }

  private async construct(): Promise<OpenQueue> {
    await this.backend.connected();
    const { connection, factory } = this.backend;
    const defaultJobOptions = this.opts.definition.jobOptions;
    const queue: OpenQueue = new Queue(this.name, { connection, defaultJobOptions }, factory);
    queue.on('error', () => undefined); // The caller gets the error, and the connection logs its own outages.
    try {
      await queue.waitUntilReady();
      return queue;
    } catch (error) {
      await queue.close().catch(() => undefined);
      throw error;
    }
  }

  private toBullMq({ id, payload, priority }: NewQueueJob<Payload>) {
    const { jobName, toPayload } = this.opts.definition;
    return { name: jobName, data: toPayload(payload), opts: { jobId: id, ...(priority ? { priority } : {}) } };
  }
}
