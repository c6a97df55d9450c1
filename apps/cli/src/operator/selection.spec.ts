import { dateOption, readSelection, requireStyle } from './selection.js';

describe('the selection of renders', () => {
  it.each([
    ['2026-11-01', '2026-11-01T00:00:00.000Z'],
    ['2026-11-01T10:30', '2026-11-01T10:30:00.000Z'],
    ['2026-11-01T10:30+02:00', '2026-11-01T08:30:00.000Z'],
    ['2028-02-29', '2028-02-29T00:00:00.000Z'],
  ])('%s is %s', (text, moment) => expect(dateOption('since', text).toISOString()).toBe(moment));

  it('takes a span from now', () => {
    const now = Date.parse('2026-11-01T10:30:00Z');
    const clock = jest.spyOn(Date, 'now').mockReturnValue(now);
    try {
      expect(dateOption('since', '1h').toISOString()).toBe('2026-11-01T09:30:00.000Z');
    } finally {
      clock.mockRestore();
    }
  });

  it.each(['2026-02-31', '2026-02-29T10:00Z', '2026-13-01', '2026-11-01T25:00', 'yesterday', '5', ''])(
    'refuses %j, naming both valid forms',
    (text) => expect(() => dateOption('since', text)).toThrow(/span such as .* date such as/),
  );

  it.each(['36501d', '999999w'])('refuses %s, which no database knows', (text) => {
    expect(() => dateOption('since', text)).toThrow('at most 36500d');
  });

  it('refuses an empty pattern, which every error would match', () => {
    expect(() => readSelection({ 'error-pattern': '' })).toThrow('--error-pattern is empty');
  });

  it('refuses a style that there is not', async () => {
    const style = { slug: 'etching' };
    const catalogue = { listStyles: () => Promise.resolve([style]) };
    await expect(requireStyle('etchin', catalogue)).rejects.toThrow('--style etchin: choose one of etching');
    await requireStyle('etching', catalogue);
    await requireStyle(undefined, catalogue);
  });
});
