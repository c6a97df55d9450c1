import { Inject, Injectable } from '@nestjs/common';
import { attemptKey, ObjectStore, outputKey, previewKey } from '#core';
import { LOGGER, type Logger } from '#observability';
import { RenderRepository, type RenderLease } from '#persistence';

const FILES = ['output.tiff', 'preview.jpg'] as const;
const PLACES = { 'output.tiff': outputKey, 'preview.jpg': previewKey };

/** Puts the files of the attempt that counts under their documented keys, which no other attempt ever writes. */
@Injectable()
export class PrintPublisher {
  constructor(
    private readonly objects: ObjectStore,
    private readonly renders: RenderRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Ends a sealed render. May be repeated by another worker: it copies the same files to the same keys.
   * @returns false when the lease was lost meanwhile
   */
  async publish(lease: RenderLease, resultToken: string): Promise<boolean> {
    for (const file of FILES) {
      await this.objects.copy(attemptKey(lease.renderId, resultToken, file), PLACES[file](lease.renderId));
    }
    if (!(await this.renders.complete(lease))) return false;
    await this.discard(lease.renderId, resultToken);
    return true;
  }

  /** Removes the files of an attempt. What cannot be removed is left to the sweep. */
  async discard(renderId: string, token: string): Promise<void> {
    for (const file of FILES) {
      await this.objects.remove(attemptKey(renderId, token, file)).catch((error: unknown) => {
        this.logger.warn({ err: error, render_id: renderId }, 'A file of an attempt could not be removed');
      });
    }
  }
}
