import fc from 'fast-check';
import { filenameProblem, visibleFilename } from './upload-filename.js';

/** Every code point that shows nothing, by Unicode's own list, but those that a name is refused for. */
const INVISIBLE = Array.from({ length: 0x110000 }, (_, codePoint) => codePoint)
  .filter((codePoint) => codePoint < 0xd800 || codePoint > 0xdfff)
  .map((codePoint) => String.fromCodePoint(codePoint))
  .filter((c) => /[\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2028\u2029\ufff9-\ufffb]/u.test(c))
  .filter((c) => !/[\u202a-\u202e\u2066-\u2069]/.test(c));

const NAMED = {
  'left-to-right mark': '\u200e',
  'right-to-left mark': '\u200f',
  'Arabic letter mark': '\u061c',
  'zero width space': '\u200b',
  'zero width non-joiner': '\u200c',
  'zero width joiner': '\u200d',
  'word joiner': '\u2060',
  'byte order mark': '\ufeff',
  'soft hyphen': '\u00ad',
  'combining grapheme joiner': '\u034f',
  'Mongolian vowel separator': '\u180e',
  'variation selector-16': '\ufe0f',
  'variation selector-17': '\u{e0100}',
  'Hangul filler': '\u3164',
  'invisible times': '\u2062',
  'inhibit symmetric swapping': '\u206a',
  'tag letter': '\u{e0061}',
  'line separator': '\u2028',
  noncharacter: '\ufffe',
};

describe('visibleFilename', () => {
  it.each(Object.entries(NAMED))('removes a %s wherever it stands', (_what, mark) => {
    for (const name of [
      `${mark}photo 1.jpg`,
      `ph${mark}oto 1.jpg`,
      `photo 1.j${mark}pg`,
      `photo 1.jpg${mark}${mark}`,
    ]) {
      expect(visibleFilename(name)).toBe('photo 1.jpg');
    }
    expect(visibleFilename(`Gr${mark}o\u0308${mark}ße.jpg`)).toBe('Größe.jpg');
    expect(visibleFilename(`שלום${mark} ${mark}עולם.jpg`)).toBe('שלום עולם.jpg');
  });

  it.each([
    ['Persian with a non-joiner', 'می\u200cخواهم.jpg'],
    ['Hindi with a joiner', 'क\u094d\u200dष.jpg'],
    ['Malayalam that ends in virama and joiner', 'അവന\u0d4d\u200d.jpg'],
    ['Sinhala', 'ශ\u0dca\u200dර\u0dd3.jpg'],
    ['a family', '👨\u200d👩\u200d👧.jpg'],
    ['a heart that is an emoji', '❤\ufe0f.jpg'],
    ['a heart on fire', '❤\ufe0f\u200d🔥.jpg'],
    ['a dark-skinned astronaut', '👩🏿\u200d🚀.jpg'],
    ['a keycap', '1\ufe0f\u20e3.jpg'],
    ['the flag of Wales', '🏴\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}.jpg'],
    ['a name in the form its bearer writes it', '葛\u{e0100}城.jpg'],
    ['Mongolian', 'ᠬᠠᠷ\u180eᠠ.jpg'],
  ])('keeps what shapes the text: %s', (_what, name) => {
    expect(visibleFilename(name)).toBe(name.normalize('NFC'));
    expect(filenameProblem(visibleFilename(name))).toBeNull();
  });

  it.each([
    ['a smuggled text after a flag', '🏴\u{e0068}\u{e0069}.jpg', '🏴.jpg'],
    ['a joiner beside one emoji', '👨\u200d.jpg', '👨.jpg'],
    ['a selector after a digit', 'photo1\ufe0f.jpg', 'photo1.jpg'],
    ['a joiner after an Arabic letter at the end', 'سلام\u200c.jpg', 'سلام.jpg'],
  ])('removes %s', (_what, name, visible) => expect(visibleFilename(name)).toBe(visible));

  it.each(['a\u0000.jpg', 'a\r\nb.jpg', 'gpj.\u202etxt', '\u2066a\u2069.jpg', '\u202aa\u202c.jpg', '../a', 'a\\b'])(
    'mends nothing that is refused: %j',
    (name) => {
      expect(visibleFilename(name)).toBe(name);
      expect(filenameProblem(name)).not.toBeNull();
    },
  );
});

describe('filenameProblem', () => {
  it.each([
    'photo.jpg',
    'my photo (1).PNG',
    'Größe.jpeg',
    '写真.webp',
    'צילום.jpg',
    '.hidden.tif',
    'no-extension',
    'a'.repeat(255),
  ])('accepts %s', (name) => expect(filenameProblem(name)).toBeNull());

  it.each([
    ['', 'empty'],
    ['   ', 'empty'],
    ['../../etc/passwd', 'path'],
    ['C:\\photos\\me.jpg', 'path'],
    ['..', 'path'],
    ['a\u0000.jpg', 'control'],
    ['a\r\nX: y.jpg', 'control'],
    ['a\u0085.jpg', 'control'],
    ['gpj.\u202etxt', 'direction'],
    ['\u2066a.jpg', 'direction'],
    ['a'.repeat(256), 'longer'],
  ])('refuses %j: %s', (name, reason) => expect(filenameProblem(name)?.message).toContain(reason));
});

describe('any name that comes with a form', () => {
  const anyName = fc.string({ unit: 'binary', maxLength: 300 });
  const mark = fc.constantFrom(...INVISIBLE);
  const problemOf = (name: string): string | undefined => filenameProblem(visibleFilename(name))?.message;

  it('when accepted, is one path segment of 1 to 255 characters that databases, keys and headers can hold', () => {
    const names = fc.oneof(anyName, fc.array(fc.oneof(mark, fc.constantFrom(...'./\\aم👩e\u0301\u0958'))));
    fc.assert(
      fc.property(names, (part) => {
        const name = visibleFilename(typeof part === 'string' ? part : part.join(''));
        if (filenameProblem(name) !== null) return;
        expect(name).not.toMatch(
          /[/\\\u202a-\u202e\u2066-\u2069\u2028\u2029]|\p{Cc}|\p{Cs}|\p{Noncharacter_Code_Point}/u,
        );
        expect(['', '.', '..']).not.toContain(name);
        expect([...name].length).toBeLessThanOrEqual(255);
        expect(name).toBe(name.normalize('NFC'));
        expect(() => encodeURIComponent(name)).not.toThrow();
        expect(visibleFilename(name)).toBe(name);
      }),
      { numRuns: 5000 },
    );
  });

  it('is judged and kept as if the invisible marks in it had never been there', () => {
    const plain = fc.string({ unit: fc.constantFrom(...'ab .-_/\\Zéш שß\u202e\u0000'), maxLength: 20 });
    fc.assert(
      fc.property(plain, fc.array(fc.tuple(fc.nat(20), mark), { maxLength: 8 }), (name, marks) => {
        const characters = [...name];
        for (const [at, each] of marks) characters.splice(at, 0, each);
        const marked = characters.join('');
        expect(visibleFilename(marked)).toBe(visibleFilename(name));
        expect(problemOf(marked)).toBe(problemOf(name));
      }),
      { numRuns: 5000 },
    );
  });

  it('is empty when it consists of invisible marks, however many', () => {
    fc.assert(
      fc.property(fc.array(mark, { minLength: 1, maxLength: 400 }), (marks) => {
        expect(problemOf(marks.join(''))).toBe('Invalid filename: it is empty');
      }),
    );
  });

  it.each([
    ['200 letters that a Mac sends as 400', 'e\u0301'.repeat(200), undefined],
    ['200 letters that become 400', '\u0958'.repeat(200), 'Invalid filename: it is longer than 255 characters'],
    ['255 letters and a mark after each', 'a\u200b'.repeat(255), undefined],
    ['a parent folder with a mark in it', '.\u200b.', 'Invalid filename: it contains a path'],
    ['a path behind marks', '\u200e../a', 'Invalid filename: it contains a path'],
  ])('is measured as it is kept: %s', (_what, name, problem) => expect(problemOf(name)).toBe(problem));
});
