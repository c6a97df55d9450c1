import type { RenderRequest } from '#pipelines';

/** What crosses to the render process: everything of a request that is plain data. */
export type RenderTask = Omit<RenderRequest, 'onProgress' | 'signal'>;
