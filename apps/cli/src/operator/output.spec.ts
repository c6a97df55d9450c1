import { durationOption } from './operator-options.js';
import { formatBytes, formatJobCounts, formatSeconds, table } from './output.js';

describe('what operator commands print', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1000, '1.0 kB'],
    [34_000_000, '34.0 MB'],
    [2.5e15, '2.5 PB'],
    [3e18, '3000 PB'],
  ])('%d bytes as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [119, '119 s'],
    [120, '2 min'],
    [86_400, '24 h'],
    [259_200, '3 d'],
  ])('%d seconds as %s', (seconds, text) => expect(formatSeconds(seconds)).toBe(text));

  it('marks counts of jobs that are estimates', () => {
    const counts = { waiting: 3, active: 1, delayed: 0, failed: 2 };
    expect(formatJobCounts(counts)).toBe('3 waiting, 1 active, 0 delayed, 2 failed');
    expect(formatJobCounts({ ...counts, isEstimate: true })).toMatch(/ failed \(estimated\)$/);
  });

  it('aligns columns and leaves nothing at the ends of lines', () => {
    expect(table([['a', 'b'], ['long', ''], ['x', 'y']])).toBe('a     b\nlong\nx     y'); // prettier-ignore
  });

  it.each([
    ['90s', 90],
    ['30m', 1800],
    ['24h', 86_400],
    ['2w', 1_209_600],
  ])('reads %s as %d seconds', (text, seconds) => expect(durationOption('older-than', text)).toBe(seconds));

  it.each(['24', 'h', '-1h', '1y', ''])('refuses "%s" for a span of time', (text) => {
    expect(() => durationOption('older-than', text)).toThrow(/--older-than/);
  });
});
