import { Inject, Injectable } from '@nestjs/common';
import { attemptKey, ObjectStore, outputKey, previewKey } from '#core';
import { LOGGER, type Logger } from '#observability';
import { RenderRepository, type RenderLease } from '#persistence';

const FILES = ['output.tiff', 'preview.jpg'] as const;
const PLACES = { 'output.tiff': outputKey, 'preview.jpg': previewKey };

/** Copies the files of the committed attempt to their documented keys, which no other attempt ever writes. */
@Injectable()
export class PrintPublisher {
  constructor(
    private readonly objects: ObjectStore,
    private readonly renders: RenderRepository,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {}

  /**
   * Completes a committed render. Another worker may repeat it: it copies the same files to the same keys.
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

  /** Removes the files of an attempt. The orphan collector removes what this cannot. */
  async discard(renderId: string, token: string): Promise<void> {
    for (const file of FILES) {
      await this.objects.remove(attemptKey(renderId, token, file)).catch((error: unknown) => {
        this.logger.warn({ err: error, render_id: renderId }, 'A file of an attempt could not be removed');
      });
    }
  }
}
