import { type QueueCounts, terminalJson, terminalLine, terminalText } from '#core';
import type { CommandContext } from '../command.js';

/** Prints what came of a command: one JSON document for programs, text for people. Neither holds what a terminal obeys. */
export function printResult({ print }: CommandContext, json: boolean, document: object, text: () => string): void {
  print(json ? terminalJson(document) : terminalText(text()));
}

/** The last sentence of a command that changes things only with --yes. */
export const NOTHING_CHANGED = 'Nothing was changed; --yes does it.';

/** Columns as wide as their widest cell; the first row is the heading. */
export function table(texts: readonly (readonly string[])[]): string {
  const rows = texts.map((row) => row.map(terminalLine));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const SIZES = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** As `34.0 MB` or `340 MB`: decimal units, one decimal below a hundred. */
export function formatBytes(bytes: number): string {
  const step = bytes < 1000 ? 0 : Math.min(SIZES.length - 1, Math.floor(Math.log10(bytes) / 3));
  const size = bytes / 1000 ** step;
  return `${step === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${SIZES[step]}`;
}

/** As `12 objects`, `1 object`. @param plural where it is not made with an s */
export function pluralize(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** As `12 waiting, 1 active, 0 delayed, 0 failed`; estimates are marked. */
export function formatJobCounts({ waiting, active, delayed, failed, isEstimate }: QueueCounts): string {
  const estimated = isEstimate ? ' (estimated)' : '';
  return `${waiting} waiting, ${active} active, ${delayed} delayed, ${failed} failed${estimated}`;
}

/** As `45 s`, `12 min`, `5 h`, `3 d`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}
