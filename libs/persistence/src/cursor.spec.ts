import fc from 'fast-check';
import { decodeCursor, encodeCursor } from './cursor.js';

const two = (n: number): string => String(n).padStart(2, '0');

describe('cursors', () => {
  const times = fc
    .tuple(fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }), fc.nat(999_999))
    .map(([date, micros]) => {
      const day = `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
      const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':');
      return `${day}T${time}.${String(micros).padStart(6, '0')}Z`;
    });

  it('keep time to the microsecond, and id, through their text, which fits a URL', () => {
    fc.assert(
      fc.property(times, fc.uuid(), (at, id) => {
        const text = encodeCursor({ at, id });
        expect(text).toMatch(/^[\w-]+$/);
        expect(decodeCursor(text)).toEqual({ at, id });
      }),
    );
  });

  it.each([
    ['no text of ours', 'x'],
    ['nothing', ''],
    ['another version', Buffer.from('[2,"2026-01-01T00:00:00.000001Z","a"]').toString('base64url')],
    ['a time without microseconds', encodeCursor({ at: '2026-01-01T00:00:00.000Z', id: crypto.randomUUID() })],
    ['a statement', encodeCursor({ at: "2026-01-01T00:00:00.000001Z'; DROP TABLE renders", id: 'x' })],
    ['no id', encodeCursor({ at: '2026-01-01T00:00:00.000001Z', id: '1' })],
  ])('refuse %s', (_, text) => {
    expect(() => decodeCursor(text)).toThrow('cursor is not one that this list returned');
  });
});
