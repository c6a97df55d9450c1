import { FITS, ORIENTATIONS } from '#core';
import type * as pipelines from '#pipelines';
import { choiceOption, numberOption } from './command.js';
import { usageError } from './failures.js';

const MAX_SIDE_PX = 30_000;

/** The engine, which commands load only when the command line is read. */
export type Engine = typeof pipelines;
type SheetOptions = pipelines.SheetOptions;

/** Options of a print, in the form of parseArgs. */
export const sheetOptions = {
  size: { type: 'string' },
  dpi: { type: 'string', default: '300' },
  fit: { type: 'string' },
  focus: { type: 'string' },
  orientation: { type: 'string' },
  background: { type: 'string' },
  'wrap-mm': { type: 'string' },
} as const;

type SheetTexts = { readonly [K in keyof typeof sheetOptions]?: string };

/** @throws CliError naming the invalid option */
export function readSheet(texts: SheetTexts): SheetOptions {
  const dpi = numberOption('dpi', texts.dpi, { low: 1, high: 2400 }) ?? 300;
  return {
    ...readSize(texts.size, dpi),
    dpi,
    fit: choiceOption('fit', texts.fit, FITS),
    focus: readFocus(texts.focus),
    orientation: choiceOption('orientation', texts.orientation, ORIENTATIONS),
    background: readColor(texts.background),
    wrapMm: numberOption('wrap-mm', texts['wrap-mm'], { low: 0, high: 1000, whole: false }),
  };
}

function readSize(text: string | undefined, dpi: number): { widthPx: number; heightPx: number } {
  if (text === undefined) throw usageError('--size is missing, as in --size 30x40 (inches)');
  const sides = /^(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)$/i.exec(text);
  if (!sides) throw usageError(`--size ${text}: must be width x height in inches, as in 30x40 or 8.5x11`);
  const [widthPx, heightPx] = sides.slice(1).map((inches) => Math.round(Number(inches) * dpi));
  if (Math.min(widthPx, heightPx) >= 1 && Math.max(widthPx, heightPx) <= MAX_SIDE_PX) return { widthPx, heightPx };
  throw usageError(`--size ${text}: ${widthPx}x${heightPx} pixels at ${dpi} dpi; a side has 1 to ${MAX_SIDE_PX}`);
}

function readFocus(text: string | undefined): SheetOptions['focus'] {
  if (text === undefined) return undefined;
  const shares = /^([01]|[01]?\.\d+),([01]|[01]?\.\d+)$/.exec(text);
  const [x, y] = shares?.slice(1).map(Number) ?? [];
  if (x <= 1 && y <= 1) return { x, y };
  throw usageError(`--focus ${text}: must be two numbers from 0 to 1, as in 0.5,0.3`);
}

function readColor(text: string | undefined): SheetOptions['background'] {
  if (text === undefined) return undefined;
  if (!/^#[0-9a-f]{6}$/i.test(text)) throw usageError(`--background ${text}: must be a color as in #ffffff`);
  const rgb = Number.parseInt(text.slice(1), 16);
  return [rgb >> 16, (rgb >> 8) & 255, rgb & 255];
}

/**
 * Settings of a variant and those set by hand on top of it.
 * @param assignments `name=value`, the value in JSON or as bare text
 * @throws CliError; whether the values fit is for the style to decide
 */
export function readSettings(
  style: string,
  { variant, assignments }: { variant?: string; assignments: readonly string[] },
  { findStyle, listStyles }: Engine,
): Record<string, unknown> {
  const { slug } = findStyle(style);
  const { variants } = listStyles().find((candidate) => candidate.slug === slug)!;
  if (variant !== undefined && !Object.hasOwn(variants, variant)) {
    throw usageError(`--variant ${variant}: ${slug} has ${Object.keys(variants).join(', ')}`);
  }
  const settings = new Map(Object.entries(variant === undefined ? {} : variants[variant]));
  for (const assignment of assignments) {
    const at = assignment.indexOf('=');
    if (at < 1) throw usageError(`--set ${assignment}: must be name=value`);
    settings.set(assignment.slice(0, at), readValue(assignment.slice(at + 1)));
  }
  return Object.fromEntries(settings);
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
