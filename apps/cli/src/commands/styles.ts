import type { StyleSummary } from '#pipelines';
import { type CommandContext, parseCommandLine } from '../command.js';

export const help = (): string => `Lists the styles, their settings and variants.

Usage:
  pop-render styles [--json]

Lengths are millimeters on a print of 12 inches and grow with the sheet.`;

export async function run(args: string[], { print }: CommandContext): Promise<void> {
  const { values } = parseCommandLine(args, { json: { type: 'boolean', default: false } } as const);
  const { listStyles } = await import('#pipelines');
  const styles = listStyles().map(describe);
  print(values.json ? JSON.stringify(styles, null, 2) : styles.map(asText).join('\n\n'));
}

interface Setting {
  readonly name: string;
  readonly type: string;
  readonly default: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly choices?: readonly unknown[];
  readonly unit?: string;
  readonly description?: string;
}

interface StyleDescription {
  readonly slug: string;
  readonly version: string;
  readonly settings: readonly Setting[];
  readonly variants: StyleSummary['variants'];
}

/** The parts of JSON Schema that settings are written in. */
interface SettingSchema extends Omit<Setting, 'name' | 'choices'> {
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly { readonly const?: unknown; readonly type: string }[];
}

function describe({ slug, pipelineVersion, settingsSchema, variants }: StyleSummary): StyleDescription {
  const { properties } = settingsSchema as { properties: Record<string, SettingSchema> };
  const settings = Object.entries(properties).map(([name, schema]) => {
    const { minimum, maximum, pattern, unit, description } = schema;
    const choices = schema.enum ?? schema.anyOf?.map((choice) => choice.const);
    const type = schema.type ?? schema.anyOf?.[0].type;
    return { name, type, default: schema.default, minimum, maximum, pattern, choices, unit, description };
  });
  return { slug, version: pipelineVersion, settings, variants };
}

function asText({ slug, version, settings, variants }: StyleDescription): string {
  const rows = settings.map((setting) => [
    setting.name,
    range(setting),
    value(setting.default),
    setting.description ?? '',
  ]);
  const table = columns([['SETTING', 'RANGE', 'DEFAULT', 'MEANING'], ...rows]);
  const sets = Object.entries(variants).map(([name, changes]) => [
    name,
    Object.entries(changes)
      .map(([setting, to]) => `${setting}=${value(to)}`)
      .join(' '),
  ]);
  return [`${slug} ${version}`, ...table, ...columns([['VARIANT', ''], ...sets])].join('\n  ');
}

function range({ type, minimum, maximum, unit, pattern, choices }: Setting): string {
  if (choices) return choices.map(value).join('|');
  if (type === 'boolean') return 'true|false';
  if (type === 'string') return pattern?.includes('{6}') ? '#rrggbb' : 'text';
  return `${minimum}..${maximum}${unit ? ` ${unit}` : ''}`;
}

function value(of: unknown): string {
  return typeof of === 'string' ? of : JSON.stringify(of);
}

function columns(rows: readonly string[][]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] + 2))
      .join('')
      .trimEnd(),
  );
}
