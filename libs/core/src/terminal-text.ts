/**
 * Characters that a terminal obeys rather than shows (the control characters of ASCII and of ISO 8859-1, among them the
 * beginnings of escape sequences), that show text in another order than it is written in, or that break lines where nothing
 * else does. Source: Unicode's categories Cc and Cs, its property Bidi_Control, and its deprecated and tag characters.
 */
const OBEYED = /[\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029\u206a-\u206f\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** A name or another text from outside as part of a line on a terminal: each character that it would obey is a space. */
export function terminalLine(text: string): string {
  return text.replace(OBEYED, ' ');
}

/** The same of a whole text, whose line breaks and tabs stay. */
export function terminalText(text: string): string {
  return text.replace(OBEYED, (character) => (character === '\n' || character === '\t' ? character : ' '));
}

/** A JSON document that a terminal shows as it is: such characters are escaped, which changes no value. */
export function terminalJson(value: unknown, indent?: number): string {
  const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value, undefined, indent).replace(OBEYED, (character) =>
    character === '\n' ? character : [...Array(character.length).keys()].map((i) => escaped(character[i])).join(''),
  );
}
