import path from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import {
  ObjectStore,
  attemptKey,
  maxPrintBytes,
  outputKey,
  previewKey,
  printSizeInPixels,
  RenderError,
  type StageListener,
  StorageRoom,
  timeStage,
} from '#core';
import type { Render, RenderResult } from '#persistence';
import type { RenderOutput } from '#pipelines';
import { TempDirectory } from '#sandbox';
import { RenderEngine, type RenderOptions } from './render-engine.js';

export const RENDER_LIMITS = Symbol('limits of one render');

export interface RenderLimits {
  readonly timeoutMs: number;
  /** Duration of a worker's lease on a render, unless renewed. */
  readonly leaseMs: number;
  /** Crashes and lost workers after which a render is failed. */
  readonly maxLost: number;
  /** Painting threads of one render; by default what the process may use. */
  readonly threads?: number;
}

/** Signal and listeners of an attempt. */
export interface AttemptOptions extends RenderOptions {
  readonly onStage?: StageListener;
}

/** Carries one render from the stored photo to the stored print. Leaves no temporary file behind. */
@Injectable()
export class RenderRunner {
  constructor(
    private readonly objects: ObjectStore,
    private readonly engine: RenderEngine,
    private readonly scratch: TempDirectory,
    private readonly room: StorageRoom,
    @Inject(RENDER_LIMITS) private readonly limits: RenderLimits,
  ) {}

  /**
   * Stores print and preview under the keys of the attempt of `token`.
   * @throws PopRenderError; `render_timeout` past the limit, `storage_full` before it would fill the disk, the signal's
   *   reason when it is aborted. */
  run(render: Render, token: string, options?: AttemptOptions): Promise<RenderResult> {
    return this.scratch.use(async (folder) => {
      const start = performance.now();
      const limit = new AbortController();
      const timer = setTimeout(() => limit.abort(this.timeoutError()), this.limits.timeoutMs);
      try {
        const signal = options ? AbortSignal.any([options.signal, limit.signal]) : limit.signal;
        const output = await this.renderInto(folder, render, token, { ...options, signal });
        return {
          outputKey: outputKey(render.id),
          previewKey: previewKey(render.id),
          durationMs: Math.round(performance.now() - start),
          pipelineVersion: output.pipelineVersion,
          file: output.file!,
          metadata: {
            settings: output.settings,
            width_px: output.widthPx,
            height_px: output.heightPx,
            output_size_bytes: output.printBytes,
            preview_size_bytes: output.previewBytes,
            preview_width_px: output.previewWidthPx,
            preview_height_px: output.previewHeightPx,
          },
        };
      } finally {
        clearTimeout(timer);
      }
    });
  }

  private async renderInto(
    folder: string,
    render: Render,
    token: string,
    options: AttemptOptions,
  ): Promise<RenderOutput> {
    const { signal, onProgress, onStage } = options;
    const photoPath = path.join(folder, 'photo');
    const tiffPath = path.join(folder, 'output.tiff');
    const previewPath = path.join(folder, 'preview.jpg');
    const { widthInches, heightInches, dpi } = render.sizePreset;

    const print = printSizeInPixels(widthInches, heightInches, dpi);
    await this.room.checkDisk(maxPrintBytes(print));
    await timeStage('download', () => this.objects.fetchToFile(render.asset.objectKey, photoPath), onStage);
    signal.throwIfAborted();
    const output = await this.engine.render(
      {
        photoPath,
        style: render.style.slug,
        settings: render.algorithmConfig,
        output: { ...print, dpi, ...render.layout },
        threads: this.limits.threads,
        printPath: tiffPath,
        previewPath,
      },
      { signal, onProgress },
    );
    for (const timing of output.stages) onStage?.(timing);
    signal.throwIfAborted();
    const upload = async (): Promise<void> => {
      await this.objects.putFile(attemptKey(render.id, token, 'output.tiff'), tiffPath, 'image/tiff');
      await this.objects.putFile(attemptKey(render.id, token, 'preview.jpg'), previewPath, 'image/jpeg');
    };
    await timeStage('upload', upload, onStage);
    signal.throwIfAborted();
    return output;
  }

  private timeoutError(): RenderError {
    return new RenderError('render_timeout', `Render took longer than ${this.limits.timeoutMs / 1000} seconds`);
  }
}
