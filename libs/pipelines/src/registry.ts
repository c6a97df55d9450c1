import { RenderError } from '#core';
import { betweenTheLines } from './styles/between-the-lines/style.js';
import { oilPainting } from './styles/oil-painting/style.js';
import { pencilSketch } from './styles/pencil-sketch/style.js';
import { popPoster } from './styles/pop-poster/style.js';
import { defaultsOf, resolveAgainst } from './settings.js';
import type { Style } from './style.js';
import { watercolor } from './styles/watercolor/style.js';

/** What a catalogue of styles needs to know of a style. */
export interface StyleSummary {
  readonly slug: string;
  readonly pipelineVersion: string;
  /** JSON Schema of the settings. */
  readonly settingsSchema: object;
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly variants: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

// Settings are checked against the style's own schema before they reach it, hence one common type here.
const styles = [popPoster, pencilSketch, betweenTheLines, watercolor, oilPainting] as unknown as readonly Style[];

export function listStyles(): StyleSummary[] {
  return styles.map(({ slug, version, settingsSchema, variants }) => ({
    slug,
    pipelineVersion: version,
    settingsSchema: JSON.parse(JSON.stringify(settingsSchema)) as object,
    defaults: defaultsOf(settingsSchema),
    variants,
  }));
}

/** @throws RenderError `unknown_style` */
export function findStyle(slug: string): Style {
  const found = styles.find((style) => style.slug === slug);
  if (found !== undefined) return found;
  throw new RenderError(
    'unknown_style',
    `Unknown style ${slug}: choose one of ${styles.map((s) => s.slug).join(', ')}`,
  );
}

/**
 * Settings of a style with defaults filled in.
 * @throws RenderError `unknown_style`; SettingsError naming each bad or unknown field
 */
export function resolveSettings(slug: string, settings: unknown): Record<string, unknown> {
  return resolveAgainst(slug, findStyle(slug).settingsSchema, settings);
}
