import { terminalLine } from '#core';

const COLORS: Readonly<Record<string, number>> = { DEBUG: 90, INFO: 32, WARNING: 33, ERROR: 31, CRITICAL: 35 };
const DIM = 90;
/** Fields that are the same on every line, or shown elsewhere on it. */
const LEFT_OUT = new Set(['timestamp', 'level', 'logger', 'message', 'traceback', 'service', 'version']);
const WIDEST_LEVEL = 8;

/** Formats a JSON line of the log for a terminal; the stack of an error follows on its own lines. Ends with a line break. */
export function prettyLine(line: string): string {
  const entry = JSON.parse(line) as Record<string, unknown>;
  const { timestamp, level, logger, message, traceback } = entry as Record<string, string | undefined>;
  const time = timestamp?.slice('2026-01-24T'.length, -1);
  const pairs = Object.entries(entry)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(
      ([name, value]) =>
        `${terminalLine(name)}=${terminalLine(typeof value === 'string' ? value : JSON.stringify(value))}`,
    );
  const head = `${colored(DIM, terminalLine(`${time}`))} ${colored(COLORS[level ?? ''] ?? DIM, terminalLine(`${level}`).padEnd(WIDEST_LEVEL))}`;
  const first = `${head} ${colored(DIM, terminalLine(`${logger}`))} ${terminalLine(`${message}`)} ${colored(DIM, pairs.join(' '))}`;
  const stack = (traceback ?? '').split('\n').filter((text) => text !== '');
  return [first.trimEnd(), ...stack.map((text) => `    ${terminalLine(text)}`), ''].join('\n');
}

function colored(code: number, text: string): string {
  return `\u001b[${code}m${text}\u001b[0m`;
}
