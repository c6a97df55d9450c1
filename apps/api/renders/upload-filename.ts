import { type FieldProblem } from '#core';

const MAX_LENGTH = 255;
const CONTROL = /\p{Cc}/u;
/** Characters that reorder the text around them and make a name show as another one. */
const BIDI_CONTROL = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const LONE_SURROGATE = /\p{Cs}/u;

/** Why `name` cannot be the name of an uploaded photo, or null when it can. */
export function filenameProblem(name: string): FieldProblem | null {
  const problem = (reason: string): FieldProblem => ({ field: 'file', message: `Invalid filename: ${reason}` });
  if (name.trim() === '') return problem('it is empty');
  if ([...name].length > MAX_LENGTH) return problem(`it is longer than ${MAX_LENGTH} characters`);
  if (/[/\\]/.test(name) || name === '.' || name === '..') return problem('it contains a path');
  if (CONTROL.test(name) || LONE_SURROGATE.test(name)) return problem('it contains control characters');
  if (BIDI_CONTROL.test(name)) return problem('it contains text direction characters');
  return null;
}
