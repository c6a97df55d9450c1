export type { PrintGeometry } from './geometry.js';
export type { Checkpoint, Painter, Pipeline } from './pipeline.js';
export { findPipeline, listPipelines, resolveSettings, type PipelineSummary } from './registry.js';
export { render, type RenderFacts, type RenderProgress, type RenderRequest } from './render.js';
