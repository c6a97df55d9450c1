import type { RenderOutput } from '#pipelines';
import type { RenderTask } from './render-messages.js';

export interface RenderOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

/** Renders away from the main thread. */
export abstract class RenderEngine {
  /**
   * @throws PopRenderError as the engine gave it; `engine_crashed` when its process died, `memory_exceeded` when it
   *   held too much; the signal's reason on abort.
   */
  abstract render(task: RenderTask, options: RenderOptions): Promise<RenderOutput>;
}
