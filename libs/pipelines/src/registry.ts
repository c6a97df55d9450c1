import { RenderError } from '#core';
import { defaultsOf, resolveAgainst } from './settings.js';
import type { CatalogueEntry, Style } from './style.js';
import * as definitions from './styles/index.js';

/** What a catalogue of styles needs to know of a style. */
export interface StyleSummary {
  readonly slug: string;
  readonly pipelineVersion: string;
  /** JSON Schema of the settings. */
  readonly settingsSchema: object;
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly variants: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

// Settings are checked against the style's own schema before they reach it, hence one common type here. In the order in
// which the styles joined the catalogue, for the exports of a module have none.
const styles = (Object.values(definitions) as unknown as Style[]).sort((a, b) =>
  a.catalogue.id < b.catalogue.id ? -1 : 1,
);

export function listStyles(): StyleSummary[] {
  return styles.map(({ slug, version, settingsSchema, variants }) => ({
    slug,
    pipelineVersion: version,
    settingsSchema: JSON.parse(JSON.stringify(settingsSchema)) as object,
    defaults: defaultsOf(settingsSchema),
    variants,
  }));
}

/** Rows of the styles for the catalogue of a deployment. */
export function listCatalogueEntries(): (CatalogueEntry & { readonly slug: string })[] {
  return styles.map(({ slug, catalogue }) => ({ ...catalogue, slug }));
}

/** Recorded hash of the golden print of each style, by slug. */
export function goldenPixels(): Record<string, string> {
  return Object.fromEntries(styles.map((style) => [style.slug, style.goldenPixels]));
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
