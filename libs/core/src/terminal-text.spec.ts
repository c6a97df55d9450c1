import fc from 'fast-check';
import { terminalJson, terminalLine, terminalText } from './index.js';

/** What no terminal may get to see from outside. */
const OBEYED = /\p{Cc}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufff9-\ufffb]|\p{Cs}|[\u{e0000}-\u{e007f}]/u;

const HOSTILE: [string, string][] = [
  ['a title by OSC', '\u001b]0;owned\u0007photo.jpg'],
  ['a title by OSC of one byte', '\u009d0;owned\u009cphoto.jpg'],
  ['a color by CSI', '\u001b[31mphoto\u001b[0m.jpg'],
  ['a color by CSI of one byte', '\u009b31mphoto.jpg'],
  ['an answer that would be typed', 'photo\u001b[6n\u0005.jpg'],
  ['a line that is written over', 'photo.jpg\rcompleted'],
  ['a row of its own', 'photo.jpg\nStatus    completed'],
  ['a row by a separator of lines', 'photo.jpg\u2028Status\u0085completed'],
  ['an ending that is turned around', 'photo\u202egpj.exe'],
  ['isolates and marks', '\u2066a\u2069\u200e\u200f\u061cb'],
  ['half a character', 'a\ud800b'],
  ['invisible letters', 'a\u{e0041}\u{e0042}b'],
];

describe('text on a terminal', () => {
  it.each(HOSTILE)('cannot give it %s', (_, name) => {
    expect(terminalLine(name)).not.toMatch(OBEYED);
    expect(terminalText(`${name}\tx\ny`).replace(/[\n\t]/g, '')).not.toMatch(OBEYED);
    const json = terminalJson({ [name]: [name] });
    expect(json).not.toMatch(OBEYED);
    expect(JSON.parse(json)).toEqual({ [name]: [name] });
  });

  it('leaves every other name as it is', () => {
    for (const name of ['Größe – 写真.png', 'עברית.jpg', 'नमस्ते\u200d.jpg', '👨‍👩‍👧.jpg', "it's [31m 100% + & = # ?.jpg"]) {
      expect([terminalLine(name), terminalText(name)]).toEqual([name, name]);
      expect(terminalJson(name)).toBe(JSON.stringify(name));
    }
    expect(terminalJson({ a: ['b'] }, 2)).toBe(JSON.stringify({ a: ['b'] }, undefined, 2));
  });

  it('is harmless whatever it was, and as long', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(terminalLine(text)).not.toMatch(OBEYED);
        expect([...terminalLine(text)]).toHaveLength([...text].length);
        expect(JSON.parse(terminalJson({ text }))).toEqual({ text });
      }),
    );
  });
});
