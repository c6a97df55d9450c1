import type { ErrorCode, PopRenderError } from '#core';
import { adviceOnTemporary, resourceLimitBehind } from './machine.js';

/** How the process ends. */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  photo: 3,
  settings: 4,
  output: 5,
  /** A server of the deployment is unreachable or refuses. */
  server: 6,
  /** A check ran and found problems. */
  checksFailed: 7,
  /** A server answers, and does not have what was asked of it. */
  unsupported: 8,
  /** The machine lets it have too little of something. */
  machine: 9,
  /** A shell's number for a program that a signal ended is this plus the signal's own. */
  signal: 128,
} as const;

/** For the help of the tool. */
export const EXIT_CODES = `Exit codes:
  0    done
  1    anything unforeseen; POP_RENDER_DEBUG=1 shows where
  2    wrong usage: an option, a style, a size or another name that does not exist
  3    photo refused: missing, unreadable, broken, too large or of an unknown kind
  4    settings refused, of a style or of the deployment's environment
  5    output cannot be written, or is there already and --force is not given
  6    a server of the deployment is unreachable or refuses
  7    a check found problems
  8    the server answers, and does not have what was asked of it, such as lifecycle rules
  9    too few open files, too little memory or too few threads are allowed; the message names the limit to raise
  130  stopped by Ctrl-C`;

/** An error that the caller can fix; its message is the whole output. */
export class CliError extends Error {
  constructor(
    readonly exitCode: number,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

export const usageError = (message: string): CliError => new CliError(EXIT.usage, message);
export const photoError = (message: string): CliError => new CliError(EXIT.photo, message);
export const serverError = (message: string, cause?: unknown): CliError => new CliError(EXIT.server, message, cause);
/** Of a check that has printed what it found; the message sums it up. */
export const checksFailed = (message: string): CliError => new CliError(EXIT.checksFailed, message);
/** Of a server that answers and does not have what was asked of it. */
export const unsupportedError = (message: string, cause?: unknown): CliError =>
  new CliError(EXIT.unsupported, message, cause);
export const outputError = (message: string, cause?: unknown): CliError => new CliError(EXIT.output, message, cause);

const exitCodes: Partial<Record<ErrorCode, number>> = {
  unknown_style: EXIT.usage,
  unknown_profile: EXIT.usage,
  invalid_layout: EXIT.usage,
  unsupported_format: EXIT.photo,
  corrupt_photo: EXIT.photo,
  photo_too_large: EXIT.photo,
  invalid_settings: EXIT.settings,
  invalid_configuration: EXIT.settings,
  database_unavailable: EXIT.server,
  queue_unavailable: EXIT.server,
  storage_unavailable: EXIT.server,
};

export interface Failure {
  readonly exitCode: number;
  /** One line. */
  readonly message: string;
}

/** Whether native code is still at work that an exit of the process would wait for. */
export function workContinues(thrown: unknown): boolean {
  return thrown instanceof Error && 'workContinues' in thrown;
}

/** What to report of a thrown value. Loads what it needs only then: with too few files it could not be loaded. */
export async function describeFailure(thrown: unknown): Promise<Failure> {
  const limit = thrown instanceof CliError ? undefined : resourceLimitBehind(thrown);
  if (limit) return { exitCode: EXIT.machine, message: limit.message };
  const { PopRenderError, terminalLine } = await import('#core');
  // The names in it may come from anywhere.
  const oneLine = (text: string): string => terminalLine(text.trim().replace(/\s*\n\s*/g, '; '));
  if (thrown instanceof CliError) return { exitCode: thrown.exitCode, message: oneLine(thrown.message) };
  if (thrown instanceof PopRenderError && thrown.code !== 'internal') {
    return { exitCode: exitCodes[thrown.code] ?? EXIT.failed, message: oneLine(explain(thrown)) };
  }
  if (isFailedWrite(thrown)) {
    const advice = adviceOnTemporary((thrown as NodeJS.ErrnoException).path);
    return { exitCode: EXIT.output, message: `Cannot write: ${oneLine(thrown.message)}${advice}` };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { exitCode: EXIT.failed, message: `${oneLine(message)} (POP_RENDER_DEBUG=1 shows where)` };
}

function explain({ code, message, hint, details = [] }: PopRenderError): string {
  // Sentences in themselves, which the message lists on lines of their own.
  if (code === 'invalid_configuration') return `Wrong settings: ${details.map((each) => each.message).join('; ')}`;
  const problems = details.map((problem) => `${problem.field} ${problem.message}`.trim());
  const more = [hint, problems.join('; ')].filter(Boolean).join('. ');
  return more ? `${message}: ${more}` : message;
}

/** Photos are read through coded errors and checked beforehand, so what the system refuses later are the outputs. */
function isFailedWrite(thrown: unknown): thrown is Error {
  if (!(thrown instanceof Error)) return false;
  return ('syscall' in thrown && 'errno' in thrown) || /unable to (open|write|close)|write error/i.test(thrown.message);
}
