import { fileURLToPath } from 'node:url';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import {
  type InspectedPhoto,
  type InspectionRequest,
  OverloadError,
  PhotoError,
  PhotoInspector,
  type PopRenderError,
} from '#core';
import {
  EXIT_REASONS,
  FairScheduler,
  inputPath,
  LANES,
  ProcessExitError,
  ProcessPool,
  REFUSALS,
  type SandboxMode,
  WorkRefused,
} from '#sandbox';
import { ChildProcessMetrics, InspectionMetrics, LOGGER, type Logger } from '#observability';
import { estimateDecodeSeconds } from '#photo/header';
import { INSPECTION_ROOM, slotsFor } from './inspection-lanes.js';
import { checkInspectedPhoto } from './inspected-photo.js';

export const INSPECTION_LIMITS = Symbol('limits of inspecting photos');

export interface InspectionLimits {
  /** Photos inspected side by side. */
  readonly concurrency: number;
  readonly memoryBytes: number;
  /** Of one client, while those of others wait. */
  readonly perClient: number;
  /** Of decoding, for each client, before its photos come after those of others. */
  readonly clientSecondsPerMinute: number;
  readonly timeoutMs?: number;
  /** How its processes are confined; `auto` by default. */
  readonly sandbox?: SandboxMode;
  /** Script of the processes, unless it is the built one. */
  readonly entry?: string;
}

const ENTRY = fileURLToPath(new URL('./inspection-process.js', import.meta.url));
const TIMEOUT_MS = 10_000;
/** A photo that controls the process can read those inspected after it, so a process serves few. */
const MAX_PHOTOS = 50;
/** What the process calls the photo. */
const PHOTO = 'photo';

/** Inspects photos in processes of their own: whatever a photo does to its decoder, it costs that one request. */
@Injectable()
export class IsolatedPhotoInspector extends PhotoInspector implements OnModuleInit, OnApplicationShutdown {
  private readonly pool: ProcessPool<string, InspectedPhoto>;
  private readonly scheduler: FairScheduler;

  constructor(
    @Inject(INSPECTION_LIMITS) limits: InspectionLimits,
    metrics: InspectionMetrics,
    processMetrics: ChildProcessMetrics,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super();
    const { concurrency, memoryBytes, timeoutMs, sandbox, entry } = limits;
    const slots = slotsFor(concurrency);
    this.pool = new ProcessPool({
      name: 'inspection',
      entry: entry ?? ENTRY,
      packages: ['sharp'],
      sandbox: sandbox ?? 'auto',
      checkResult: checkInspectedPhoto,
      maxTasksPerProcess: MAX_PHOTOS,
      size: slots.all,
      memoryLimitBytes: memoryBytes,
      timeLimitMs: timeoutMs ?? TIMEOUT_MS,
      onExit: processMetrics.observe('inspection', EXIT_REASONS, () => this.pool.residentBytes),
    });
    metrics.initialize(LANES, REFUSALS, (lane, state) => this.scheduler.count(lane, state));
    this.scheduler = new FairScheduler(
      {
        ...INSPECTION_ROOM,
        slots,
        slotsPerClient: limits.perClient,
        budget: { capacity: limits.clientSecondsPerMinute, refillMs: 60_000 },
      },
      {
        onStart: (lane, waitedSeconds) => metrics.started(lane, waitedSeconds),
        onEnd: (lane, seconds) => metrics.ended(lane, seconds),
        onRefusal: (reason) => metrics.refused(reason),
        onWithdrawal: () => metrics.withdrawn(),
        onPreemption: () => metrics.preempted(),
      },
    );
  }

  /** @throws ConfigurationError when the sandbox that is required cannot be had */
  async onModuleInit(): Promise<void> {
    const { sandbox, missing, refused } = await this.pool.sandbox();
    this.logger[missing.length > 0 ? 'warn' : 'info'](
      { sandbox: sandbox.name, missing, refused },
      'Sandbox of the processes that inspect photos',
    );
  }

  get hasWaiting(): boolean {
    return LANES.some((lane) => this.scheduler.count(lane, 'waiting') > 0);
  }

  assertBudget(client: string): void {
    try {
      this.scheduler.assertBudget(client);
    } catch (error) {
      throw error instanceof WorkRefused ? refusal(error) : error;
    }
  }

  async inspect(path: string, { client, signal }: InspectionRequest): Promise<InspectedPhoto> {
    const seconds = await estimateDecodeSeconds(path);
    try {
      return await this.scheduler.run({ client, seconds, signal }, (ending) =>
        this.pool.run(inputPath(PHOTO), { signal: ending }, { inputs: { [PHOTO]: path } }),
      );
    } catch (error) {
      if (error instanceof WorkRefused) throw refusal(error);
      if (error instanceof ProcessExitError) throw this.toPhotoError(error);
      throw error;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.close();
  }

  /** What the exit of the process means for the photo. */
  private toPhotoError(exit: ProcessExitError): PopRenderError {
    this.logger.warn({ err: exit, reason: exit.reason }, 'The process that inspected a photo died');
    switch (exit.reason) {
      case 'crashed':
      case 'protocol':
        return new PhotoError('corrupt_photo', 'Image is corrupt or truncated', { cause: exit });
      case 'memory':
      case 'time':
        return new PhotoError('photo_too_complex', 'Image takes too much memory or time to decode', {
          hint: 'Save it again as a plain JPEG or PNG, not progressive or interlaced',
          cause: exit,
        });
      default:
        // Nothing to do with the photo: the machine lacks a resource, or an operator intervened.
        return overloaded('The photo could not be checked now', exit);
    }
  }
}

/** The error of a photo that is not inspected now: of its client's limits, or of all. */
function refusal(error: WorkRefused): OverloadError {
  const { refusal: reason, retryAfterSeconds } = error;
  if (reason === 'full' || reason === 'waited_too_long') return overloaded('Too many photos wait to be checked', error);
  const isOver = reason === 'client_budget';
  const message = isOver ? 'Your photos took much time to check lately' : 'Too many of your photos wait to be checked';
  return new OverloadError('too_many_requests', message, {
    hint: 'Send the photo again after the seconds in Retry-After, and fewer at a time',
    retryAfterSeconds,
    cause: error,
  });
}

function overloaded(message: string, cause: Error): OverloadError {
  return new OverloadError('overloaded', message, { hint: 'Send the request again in a moment', cause });
}
