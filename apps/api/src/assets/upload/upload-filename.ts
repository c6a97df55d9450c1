import { type FieldError } from '#core';

const MAX_LENGTH = 255;
const CONTROL = /\p{Cc}/u;
/** Embeddings, overrides and isolates: they reorder the text around them and make a name show as another one. */
const BIDI_FORMATTING = /[\u202a-\u202e\u2066-\u2069]/;
const LONE_SURROGATE = /\p{Cs}/u;

/** Writing systems in which a joiner between two letters changes how they look. */
const JOINING_SCRIPTS = 'Arab Syrc Nkoo Mong Deva Beng Guru Gujr Orya Taml Telu Knda Mlym Sinh Mymr Khmr'
  .split(' ')
  .map((script) => `\\p{sc=${script}}`)
  .join('');
const JOINING = `(?=[${JOINING_SCRIPTS}])[\\p{L}\\p{M}]`;
const VIRAMA = '[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca]';

/** Code points that show nothing alone but belong to what is shown, where they stand now. */
const MEANINGFUL = [
  `(?<=${VIRAMA})[\u200c\u200d]`,
  `(?<=${JOINING})[\u200c\u200d](?=${JOINING})`,
  '(?<=\\p{Extended_Pictographic}\ufe0f?|\\p{Emoji_Modifier})\u200d(?=\\p{Extended_Pictographic})',
  '(?<=\\p{Extended_Pictographic})[\ufe0e\ufe0f]',
  '(?<=[0-9#*])\ufe0f(?=\u20e3)',
  // The flags of England, Scotland and Wales: a black flag and a country code in tag characters.
  '(?<=\u{1f3f4})[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f}',
  '(?<=\\p{sc=Han})[\ufe00-\ufe02\u{e0100}-\u{e01ef}]',
  '(?<=[\u1820-\u18aa])[\u180b-\u180f]',
].join('|');
/** Default ignorables, noncharacters, line and paragraph separators, annotation marks; never the refused ones above. */
const INVISIBLE =
  '(?![\u202a-\u202e\u2066-\u2069])[\\p{Default_Ignorable_Code_Point}\\p{Noncharacter_Code_Point}\u2028\u2029\ufff9-\ufffb]';
const MARKS = new RegExp(`(${MEANINGFUL})|${INVISIBLE}`, 'gu');

/**
 * The name as people see it: without marks that show nothing, which phones, chats and word processors add to names
 * unnoticed, and in NFC. Joiners and variation selectors stay where they shape the text or emoji around them.
 */
export function visibleFilename(name: string): string {
  return name.replace(MARKS, (_mark, meaningful?: string) => meaningful ?? '').normalize('NFC');
}

/** Why `name`, as {@link visibleFilename} gives it, cannot be the name of an uploaded photo, or null when it can. */
export function filenameProblem(name: string): FieldError | null {
  const problem = (reason: string): FieldError => ({ field: 'file', message: `Invalid filename: ${reason}` });
  if (name.trim() === '') return problem('it is empty');
  if ([...name].length > MAX_LENGTH) return problem(`it is longer than ${MAX_LENGTH} characters`);
  if (/[/\\]/.test(name) || name === '.' || name === '..') return problem('it contains a path');
  if (CONTROL.test(name) || LONE_SURROGATE.test(name)) return problem('it contains control characters');
  if (BIDI_FORMATTING.test(name)) return problem('it contains text direction characters');
  return null;
}
