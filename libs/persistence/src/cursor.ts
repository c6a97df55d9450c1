import { isUuid, RequestError } from '#core';

/**
 * A place in a list that is ordered by a time and an id, which stays one when its row has gone on. The time is the
 * database's own text, to the microsecond: a `Date` would cut it to milliseconds, and rows of one millisecond be skipped or
 * seen twice.
 */
export interface Cursor {
  readonly at: string;
  readonly id: string;
}

/** Of the text form: another order or another form of a list gets another one. */
const VERSION = 1;
const EXACT_TIME = /^\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/** SQL for a time as {@link Cursor.at}. @param time SQL of a timestamptz */
export function exactTime(time: string): string {
  return `to_char((${time}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/**
 * SQL for the rows beyond a cursor, `true` without one, and its values.
 * @param order SQL of the time and the id that order the list
 * @param direction `>` where the list ascends
 * @param first number of the first placeholder, two in all
 */
export function beyond(
  cursor: Cursor | undefined,
  order: readonly [time: string, id: string],
  direction: '<' | '>',
  first: number,
): { readonly where: string; readonly values: readonly string[] } {
  if (cursor === undefined) return { where: 'true', values: [] };
  const where = `(${order.join(', ')}) ${direction} ($${first}::timestamptz, $${first + 1}::uuid)`;
  return { where, values: [cursor.at, cursor.id] };
}

/** A cursor as clients carry it: opaque text for URLs, read by {@link decodeCursor} alone. */
export function encodeCursor({ at, id }: Cursor): string {
  return Buffer.from(JSON.stringify([VERSION, at, id])).toString('base64url');
}

/** @throws RequestError `invalid_request` for a text that is no cursor of this version */
export function decodeCursor(text: string): Cursor {
  const parts = parse(text);
  if (Array.isArray(parts) && parts.length === 3) {
    const [version, at, id] = parts as unknown[];
    if (version === VERSION && typeof at === 'string' && EXACT_TIME.test(at) && isUuid(id)) return { at, id };
  }
  throw new RequestError('invalid_request', 'cursor is not one that this list returned', {
    details: [{ field: 'cursor', message: 'must be a cursor that this list returned, unchanged' }],
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}
