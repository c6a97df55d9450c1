import type { Style, RenderSelection } from '#persistence';
import { usageError } from '../failures.js';
import { durationOption } from './operator-options.js';

/** Options that select renders, in the form of parseArgs. */
export const selectionOptions = {
  since: { type: 'string' },
  'error-pattern': { type: 'string' },
  'error-code': { type: 'string' },
  style: { type: 'string' },
} as const;

export const SELECTION_HELP = `  --since WHEN         only what ended (or, still in progress, was accepted) since: 30m, 24h, 7d ago, or 2026-11-01T00:00Z
  --error-pattern TEXT only errors whose code or message holds this text or matches it as a regular expression
  --error-code CODE    only this error code, such as storage_unavailable
  --style STYLE        only this style: pop-render styles lists them`;

interface SelectionValues {
  readonly since?: string;
  readonly 'error-pattern'?: string;
  readonly 'error-code'?: string;
  readonly style?: string;
}

/** @throws CliError */
export function readSelection(values: SelectionValues): RenderSelection {
  // As from a variable of the shell that is not set: it would be found in every error.
  if (values['error-pattern'] === '') throw usageError('--error-pattern is empty');
  return {
    since: values.since === undefined ? undefined : dateOption('since', values.since),
    errorPattern: values['error-pattern'],
    errorCode: values['error-code'],
    style: values.style,
  };
}

/** @throws CliError when there is no style of this slug */
export async function requireStyle(
  slug: string | undefined,
  catalogue: { listStyles(): Promise<readonly Pick<Style, 'slug'>[]> },
): Promise<void> {
  if (slug === undefined) return;
  const slugs = (await catalogue.listStyles()).map((style) => style.slug);
  if (!slugs.includes(slug)) throw usageError(`--style ${slug}: choose one of ${slugs.join(', ')}`);
}

/** A date with or without a time of day, in UTC unless it names its zone. */
const DATE = /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/;

/**
 * A moment: a span of time before now, or a date.
 * @throws CliError naming the option
 */
export function dateOption(name: string, text: string): Date {
  if (/^\d+[a-z]$/.test(text)) return new Date(Date.now() - durationOption(name, text) * 1000);
  const [, day, time, , , zone] = DATE.exec(text) ?? [];
  const moment = new Date(time === undefined || zone !== undefined ? text : `${text}Z`);
  if (day !== undefined && isDay(day) && !Number.isNaN(moment.getTime())) return moment;
  throw usageError(`--${name} ${text}: must be a span such as 30m, 24h or 7d, or a date such as 2026-11-01T00:00Z`);
}

/** Of the 31st of a month of 30 days, Date makes the first of the next. */
function isDay(text: string): boolean {
  const day = new Date(text);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @throws CliError unless it is the id of a render */
export function requireId(text: string): string {
  if (UUID.test(text)) return text.toLowerCase();
  throw usageError(`${text} is no id of a render`);
}
