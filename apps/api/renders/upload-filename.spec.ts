import fc from 'fast-check';
import { filenameProblem } from './upload-filename.js';

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

  it('never accepts a separator, a control character or more than 255 characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        if (filenameProblem(name) !== null) return;
        expect([...name].some((c) => '/\\\u202e\u007f'.includes(c) || c < ' ')).toBe(false);
        expect([...name].length).toBeLessThanOrEqual(255);
      }),
      { numRuns: 2000 },
    );
  });
});
