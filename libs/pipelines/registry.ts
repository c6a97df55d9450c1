import { RenderError } from '#core';
import { betweenTheLines } from './between-the-lines/pipeline.js';
import { pencilSketch } from './pencil-sketch/pipeline.js';
import type { Pipeline } from './pipeline.js';
import { popPoster } from './pop-poster/pipeline.js';
import { defaultsOf, resolveAgainst } from './settings.js';

/** What a catalogue of styles needs to know of a pipeline. */
export interface PipelineSummary {
  readonly slug: string;
  readonly pipelineVersion: string;
  /** JSON Schema of the settings. */
  readonly settingsSchema: object;
  readonly defaults: Readonly<Record<string, unknown>>;
}

// Settings are checked against the pipeline's own schema before they reach it, hence one common type here.
const pipelines = [popPoster, pencilSketch, betweenTheLines] as unknown as readonly Pipeline<unknown>[];

export function listPipelines(): PipelineSummary[] {
  return pipelines.map(({ slug, version, settingsSchema }) => ({
    slug,
    pipelineVersion: version,
    settingsSchema: JSON.parse(JSON.stringify(settingsSchema)) as object,
    defaults: defaultsOf(settingsSchema),
  }));
}

/** @throws RenderError `unknown_style` */
export function findPipeline(slug: string): Pipeline<unknown> {
  const found = pipelines.find((pipeline) => pipeline.slug === slug);
  if (found === undefined) throw new RenderError('unknown_style', `Unknown style ${slug}`);
  return found;
}

/**
 * Settings of a style with defaults filled in.
 * @throws RenderError `unknown_style`; SettingsError naming each bad or unknown field
 */
export function resolveSettings(slug: string, settings: unknown): Record<string, unknown> {
  return resolveAgainst(slug, findPipeline(slug).settingsSchema, settings);
}
