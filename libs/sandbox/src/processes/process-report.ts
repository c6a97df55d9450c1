import { type ErrorCode, isErrorCode, type SerializedError } from '#core';
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

/** What a child process reports about its task. */
export type ProcessReport<Result> =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'progress'; readonly fraction: number }
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'failed'; readonly error: SerializedError };

/** Checks the result of a task, which another process has sent. @throws Error when it is not of its form */
export type CheckResult<Result> = (result: unknown) => Result;

/** A child process sent what no sound one sends. */
export class ProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** Longer texts of an error are cut before they are sent. */
export const MAX_MESSAGE_LENGTH = 2_000;
export const MAX_STACK_LENGTH = 8_000;
export const MAX_DETAILS = 50;

const closed = { additionalProperties: false };
const Text = (maxLength: number) => Type.String({ maxLength });
const Report = Type.Union([
  Type.Object({ kind: Type.Literal('accepted') }, closed),
  Type.Object({ kind: Type.Literal('progress'), fraction: Type.Number({ minimum: 0, maximum: 1 }) }, closed),
  Type.Object({ kind: Type.Literal('done'), result: Type.Optional(Type.Unknown()) }, closed),
  Type.Object(
    {
      kind: Type.Literal('failed'),
      error: Type.Object(
        {
          code: Text(100),
          message: Text(MAX_MESSAGE_LENGTH),
          hint: Type.Optional(Text(MAX_MESSAGE_LENGTH)),
          details: Type.Optional(
            Type.Array(Type.Object({ field: Text(MAX_MESSAGE_LENGTH), message: Text(MAX_MESSAGE_LENGTH) }, closed), {
              maxItems: MAX_DETAILS,
            }),
          ),
          stack: Type.Optional(Text(MAX_STACK_LENGTH)),
        },
        closed,
      ),
    },
    closed,
  ),
]);

/**
 * One line from a child process as a report. A compromised child may write anything into it.
 * @throws ProtocolError
 */
export function parseReport<Result>(line: string, checkResult: CheckResult<Result>): ProcessReport<Result> {
  const report = checked(Report, parseJson(line), 'report');
  switch (report.kind) {
    case 'accepted':
    case 'progress':
      return report;
    case 'done':
      return { kind: 'done', result: checkedResult(report.result, checkResult) };
    case 'failed':
      return { kind: 'failed', error: { ...report.error, code: checkedCode(report.error.code) } };
  }
}

/**
 * A value that another process has sent, when it has the form of the schema.
 * @param name what it is, for the error
 * @throws ProtocolError naming the part that is wrong, never its content
 */
export function checked<Schema extends TSchema>(schema: Schema, value: unknown, name: string): Static<Schema> {
  if (Value.Check(schema, value)) return value;
  const error = Value.Errors(schema, value).First();
  throw new ProtocolError(`Process sent a malformed ${name}: ${(error?.path ?? '').slice(0, 100)} ${error?.message}`);
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new ProtocolError('Process sent what is not JSON');
  }
}

function checkedResult<Result>(result: unknown, checkResult: CheckResult<Result>): Result {
  try {
    return checkResult(result);
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    throw new ProtocolError(`Process sent a malformed result: ${(error as Error).message}`);
  }
}

function checkedCode(code: string): ErrorCode {
  if (isErrorCode(code)) return code;
  throw new ProtocolError('Process sent an error with an unknown code');
}
