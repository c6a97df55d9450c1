import type { SerializedError } from '#core';
import type { RenderFacts, RenderRequest } from '#pipelines';

/** What crosses to the render process: everything of a request that is plain data. */
export type RenderOrder = Omit<RenderRequest, 'onProgress' | 'signal'>;

/** What comes back. */
export type RenderReport =
  | { readonly kind: 'progress'; readonly fraction: number; readonly stage: string }
  | { readonly kind: 'done'; readonly facts: RenderFacts }
  | { readonly kind: 'failed'; readonly error: SerializedError };
