import { RequestError } from '#core';
import fc from 'fast-check';
import { PartHeaders } from './part-headers.js';

const TYPE = 'multipart/form-data; boundary=edge';

/** What the parser gets of a form that comes in these pieces. */
function passedOn(pieces: readonly Buffer[], type = TYPE): string {
  const parts = new PartHeaders(type);
  return Buffer.concat([...pieces.map((piece) => parts.feed(piece)), parts.end()]).toString('latin1');
}

function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const length of lengths) pieces.push(bytes.subarray(at, (at += length)));
  return [...pieces, bytes.subarray(at)];
}

const part = (disposition: string, body: string): string =>
  `--edge\r\nContent-Disposition: ${disposition}\r\nContent-Type: image/jpeg\r\n\r\n${body}\r\n`;
const lengths = fc.array(fc.integer({ min: 0, max: 40 }));

describe('PartHeaders', () => {
  it('passes on whatever has no readable filename to choose, byte for byte, in any pieces', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.constantFrom(
        '\r\n',
        '--edge',
        '\r\n--edge',
        '\r\n--edge\r\n',
        '--edge--',
        '\r\n\r\n',
        '\r',
        '-',
        'X-A: b\r\n',
      ),
      fc.constant(part('form-data; name="fit"', 'cover')),
    );
    fc.assert(
      fc.property(fc.array(piece), lengths, (pieces, cuts) => {
        const bytes = Buffer.from(pieces.join(''), 'latin1');
        expect(passedOn(cut(bytes, cuts))).toBe(bytes.toString('latin1'));
      }),
      { numRuns: 500 },
    );
  });

  it('puts right the headers alone, in any pieces', () => {
    const looksLikeOne = 'Content-Disposition: form-data; filename*=x\r\n\r\n';
    const form = (disposition: string): string =>
      `${part('form-data; name="fit"', 'cover')}${part(disposition, looksLikeOne)}--edge--\r\n${looksLikeOne}`;
    const sent = Buffer.from(form(`form-data; name="file"; filename="a;b.jpg"; filename*="UTF-8''x"`), 'latin1');
    fc.assert(
      fc.property(lengths, (cuts) => {
        expect(passedOn(cut(sent, cuts))).toBe(form('form-data; name="file"; filename="a;b.jpg"'));
      }),
    );
    expect(passedOn([sent], 'multipart/form-data; charset=x; boundary="edge"')).not.toContain('UTF-8');
    expect(passedOn([sent], 'multipart/form-data')).toContain('UTF-8');
  });

  it('reads a folded header, and leaves one that is too long to the parser', () => {
    const folded = part(`form-data; name="file";\r\n filename="a.jpg";\r\n\tfilename*=x`, 'x');
    expect(passedOn([Buffer.from(folded)])).toBe(part('form-data; name="file"; filename="a.jpg"', 'x'));
    const long = part(`form-data; name="file"; filename*=x; ${'a'.repeat(20_000)}`, 'x');
    expect(passedOn(cut(Buffer.from(long), [10_000, 9_000]))).toBe(long);
  });

  it.each([
    [`form-data; name="file"; filename*="UTF-8''x"`, 'The filename* of field file cannot be read'],
    [`form-data; name="file"; filename=""; filename*=UTF-8''`, 'The filename* of field file cannot be read'],
    ['form-data; filename=a b; name=photo', 'The filename of field photo cannot be read'],
    ['form-data; name="file"; filename="a.jpg', 'The filename of field file cannot be read'],
  ])('refuses %s', (disposition, message) => {
    expect(() => passedOn([Buffer.from(part(disposition, 'x'))])).toThrow(RequestError);
    expect(() => passedOn([Buffer.from(part(disposition, 'x'))])).toThrow(message);
  });

  it.each(['form-data; name="file"; filename=""', 'attachment; filename*=x', 'form-data', ''])(
    'leaves %j as it is',
    (disposition) => {
      expect(passedOn([Buffer.from(part(disposition, 'x'))])).toBe(part(disposition, 'x'));
    },
  );
});
