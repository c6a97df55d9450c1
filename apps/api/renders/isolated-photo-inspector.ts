import { fileURLToPath } from 'node:url';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { type InspectedPhoto, OverloadError, PhotoError, PhotoInspector, type PopRenderError } from '#core';
import { DEATH_REASONS, inputPath, PoolBusy, ProcessDeath, ProcessPool, type SandboxMode } from '#isolation';
import { LOGGER, type Logger, watchProcesses } from '#observability';
import { checkInspectedPhoto } from './inspected-photo.js';

export const INSPECTION_LIMITS = Symbol('limits of inspecting photos');

export interface InspectionLimits {
  /** Photos inspected side by side. */
  readonly concurrency: number;
  readonly memoryBytes: number;
  readonly timeoutMs?: number;
  /** How its processes are confined; `auto` unless it is said. */
  readonly sandbox?: SandboxMode;
  /** Script of the processes, unless it is the built one. */
  readonly entry?: string;
}

const ENTRY = fileURLToPath(new URL('./inspection-process.js', import.meta.url));
const TIMEOUT_MS = 10_000;
/** More photos would wait longer than their senders. */
const MAX_WAITING = 64;
const MAX_WAIT_MS = 10_000;
/** A photo that has taken over the process sees those that follow it: not for long. */
const MAX_PHOTOS = 50;
/** What the process calls the photo. */
const PHOTO = 'photo';

/** Inspects photos in processes of their own: whatever a photo does to its decoder, it costs that one request. */
@Injectable()
export class IsolatedPhotoInspector extends PhotoInspector implements OnModuleInit, OnApplicationShutdown {
  private readonly pool: ProcessPool<string, InspectedPhoto>;

  constructor(
    @Inject(INSPECTION_LIMITS) { concurrency, memoryBytes, timeoutMs, sandbox, entry }: InspectionLimits,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    super();
    this.pool = new ProcessPool({
      name: 'inspection',
      entry: entry ?? ENTRY,
      packages: ['sharp'],
      sandbox: sandbox ?? 'auto',
      checkResult: checkInspectedPhoto,
      maxOrders: MAX_PHOTOS,
      size: concurrency,
      maxWaiting: MAX_WAITING,
      maxWaitMs: MAX_WAIT_MS,
      memoryLimitBytes: memoryBytes,
      timeLimitMs: timeoutMs ?? TIMEOUT_MS,
      onDeath: watchProcesses('inspection', DEATH_REASONS, () => this.pool.residentBytes),
    });
  }

  /** @throws ConfigurationError when the sandbox that is required cannot be had */
  async onModuleInit(): Promise<void> {
    const { sandbox, missing, refused } = await this.pool.sandbox();
    this.logger[missing.length > 0 ? 'warn' : 'info'](
      { sandbox: sandbox.name, missing, refused },
      'Sandbox of the processes that inspect photos',
    );
  }

  async inspect(path: string): Promise<InspectedPhoto> {
    try {
      return await this.pool.run(inputPath(PHOTO), {}, { inputs: { [PHOTO]: path } });
    } catch (error) {
      if (error instanceof PoolBusy) throw overloaded('Too many photos wait to be checked', error);
      if (error instanceof ProcessDeath) throw this.verdict(error);
      throw error;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.close();
  }

  /** What the death of the process says about the photo. */
  private verdict(death: ProcessDeath): PopRenderError {
    this.logger.warn({ err: death, reason: death.reason }, 'The process that inspected a photo died');
    switch (death.reason) {
      case 'crashed':
      case 'protocol':
        return new PhotoError('corrupt_photo', 'Image is corrupt or truncated', { cause: death });
      case 'memory':
      case 'time':
        return new PhotoError('photo_too_complex', 'Image takes too much memory or time to decode', {
          explanation: 'Save it again as a plain JPEG or PNG, not progressive or interlaced',
          cause: death,
        });
      default:
        // Nothing to do with the photo: the machine is short of something, or somebody intervened.
        return overloaded('The photo could not be checked now', death);
    }
  }
}

function overloaded(message: string, cause: Error): OverloadError {
  return new OverloadError('overloaded', message, { explanation: 'Send the request again in a moment', cause });
}
