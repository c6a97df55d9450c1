import type { RenderFacts } from '#pipelines';
import type { RenderOrder } from './render-messages.js';

export interface RenderWatch {
  readonly signal: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
}

/** Renders away from the main thread. */
export abstract class RenderEngine {
  /**
   * @throws PopRenderError as the engine gave it; `engine_crashed` when its process died, `memory_exceeded` when it
   *   held too much; the signal's reason on abort.
   */
  abstract render(order: RenderOrder, watch: RenderWatch): Promise<RenderFacts>;
}
