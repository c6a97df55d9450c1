import { parseArgs, type ParseArgsConfig } from 'node:util';
import { usageError } from './failures.js';

/** What a command may use of the process. */
export interface CommandContext {
  /** Fires when the user wants to stop. */
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
}

/** A module under `commands/`. */
export interface Command {
  readonly help: () => string | Promise<string>;
  readonly run: (args: string[], context: CommandContext) => Promise<void>;
}

/**
 * The command line of one command, nothing unknown let through.
 * @throws CliError
 */
export function parseCommandLine<T extends NonNullable<ParseArgsConfig['options']>>(
  args: string[],
  options: T,
  positionals: readonly string[] = [],
) {
  const parsed = parse(args, options);
  const [missing] = positionals.slice(parsed.positionals.length);
  if (missing !== undefined) throw usageError(`${missing} is missing`);
  const excess = parsed.positionals[positionals.length];
  if (excess !== undefined) throw usageError(`Unexpected argument ${excess}`);
  return parsed;
}

function parse<T extends NonNullable<ParseArgsConfig['options']>>(args: string[], options: T) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    const [sentence] = (error as Error).message.split(/\.\s|\n/);
    throw usageError(sentence);
  }
}

/**
 * @param value text of an option; undefined when it was not given
 * @throws CliError unless it is a number from low to high, whole if asked for
 */
export function numberOption(
  name: string,
  value: string | undefined,
  { low, high, whole = true }: { low: number; high: number; whole?: boolean },
): number | undefined {
  if (value === undefined) return undefined;
  const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : Number.NaN;
  if (number >= low && number <= high && (!whole || Number.isInteger(number))) return number;
  throw usageError(`--${name} ${value}: must be a ${whole ? 'whole ' : ''}number from ${low} to ${high}`);
}

/** @throws CliError unless the value is one of those allowed */
export function choiceOption<T extends string>(
  name: string,
  value: string | undefined,
  allowed: readonly T[],
): T | undefined {
  const found = allowed.find((choice) => choice === value);
  if (found !== undefined || value === undefined) return found;
  throw usageError(`--${name} ${value}: choose one of ${allowed.join(', ')}`);
}
