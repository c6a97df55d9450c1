import path from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import {
  ObjectStore,
  outputKey,
  previewKey,
  printSizeInPixels,
  type Render,
  RenderError,
  type RenderResult,
} from '#core';
import type { RenderFacts } from '#pipelines';
import { ScratchFolder } from '#scratch';
import { RenderEngine } from './render-engine.js';

export const RENDER_TIMEOUT_MS = Symbol('render timeout in milliseconds');

/** Carries one render from the stored photo to the stored print. Leaves no temporary file behind. */
@Injectable()
export class RenderRunner {
  constructor(
    private readonly objects: ObjectStore,
    private readonly engine: RenderEngine,
    private readonly scratch: ScratchFolder,
    @Inject(RENDER_TIMEOUT_MS) private readonly timeoutMs: number,
  ) {}

  /** @throws PopRenderError; `render_timeout` past the limit, the signal's reason when it fires. */
  run(render: Render, abandoned?: AbortSignal): Promise<RenderResult> {
    return this.scratch.use(async (folder) => {
      const start = performance.now();
      const limit = new AbortController();
      const timer = setTimeout(() => limit.abort(this.timeoutError()), this.timeoutMs);
      try {
        const signal = abandoned ? AbortSignal.any([abandoned, limit.signal]) : limit.signal;
        const facts = await this.renderInto(folder, render, signal);
        return {
          outputKey: outputKey(render.id),
          previewKey: previewKey(render.id),
          durationMs: Math.round(performance.now() - start),
          pipelineVersion: facts.pipelineVersion,
          facts: {
            settings: facts.settings,
            width_px: facts.widthPx,
            height_px: facts.heightPx,
            output_size_bytes: facts.printBytes,
            preview_size_bytes: facts.previewBytes,
            preview_width_px: facts.previewWidthPx,
            preview_height_px: facts.previewHeightPx,
          },
        };
      } finally {
        clearTimeout(timer);
      }
    });
  }

  private async renderInto(folder: string, render: Render, signal: AbortSignal): Promise<RenderFacts> {
    const photoPath = path.join(folder, 'photo');
    const tiffPath = path.join(folder, 'output.tiff');
    const previewPath = path.join(folder, 'preview.jpg');
    const { widthInches, heightInches, dpi } = render.sizePreset;

    await this.objects.fetchToFile(render.assetKey, photoPath);
    signal.throwIfAborted();
    const facts = await this.engine.render(
      {
        photoPath,
        style: render.style.slug,
        settings: render.algorithmConfig,
        output: { ...printSizeInPixels(widthInches, heightInches, dpi), dpi },
        printPath: tiffPath,
        previewPath,
      },
      { signal },
    );
    signal.throwIfAborted();
    await this.objects.putFile(outputKey(render.id), tiffPath, 'image/tiff');
    await this.objects.putFile(previewKey(render.id), previewPath, 'image/jpeg');
    signal.throwIfAborted();
    return facts;
  }

  private timeoutError(): RenderError {
    return new RenderError('render_timeout', `Render took longer than ${this.timeoutMs / 1000} seconds`);
  }
}
