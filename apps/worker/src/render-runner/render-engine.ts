import type { RenderOutput } from '#pipelines';
import type { RenderTask } from './render-messages.js';

export interface RenderOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

/** Renders outside the main thread. */
export abstract class RenderEngine {
  /**
   * @throws PopRenderError as the engine threw it; `engine_crashed` when its process crashed, `memory_exceeded` when it
   *   exceeded its limit; the signal's reason on abort.
   */
  abstract render(task: RenderTask, options: RenderOptions): Promise<RenderOutput>;
}
