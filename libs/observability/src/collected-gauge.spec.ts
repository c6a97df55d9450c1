import { register } from 'prom-client';
import { cachedFor, collectedGauge } from './collected-gauge.js';

const never = (): Promise<never> => new Promise(() => undefined);

describe('what a scrape asks for', () => {
  it('is asked once for all who want it at a time', async () => {
    const read = jest.fn(async () => 7);
    const facts = cachedFor(read, 60_000);
    expect(await Promise.all([facts(), facts()])).toEqual([7, 7]);
    expect(await facts()).toBe(7);
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('is asked anew when it is too old', async () => {
    let value = 0;
    const facts = cachedFor(async () => ++value, 0);
    expect([await facts(), await facts()]).toEqual([1, 2]);
  });

  it('fails those who wait when it does not come in time, and is not asked again meanwhile', async () => {
    const read = jest.fn(never);
    const facts = cachedFor(read, 0, 10);
    await expect(facts()).rejects.toThrow('No answer in time');
    await expect(facts()).rejects.toThrow('No answer in time');
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('is asked again after a failure', async () => {
    const read = jest.fn().mockRejectedValueOnce(new Error('away')).mockResolvedValueOnce('there');
    const facts = cachedFor(read, 0);
    await expect(facts()).rejects.toThrow('away');
    expect(await facts()).toBe('there');
  });
});

describe('a gauge read at each scrape', () => {
  const scrape = (): Promise<string> => register.getSingleMetricAsString('spec_gauge');
  const series = async (): Promise<string[]> => (await scrape()).split('\n').filter((line) => !line.startsWith('#'));
  const watch = (read: () => Promise<number>): void =>
    collectedGauge({ name: 'spec_gauge', help: 'x', labelNames: ['kind'] }, async () => [
      { labels: { kind: 'a' }, value: await read() },
    ]);

  it('leaves out what cannot be known, and what is gone', async () => {
    watch(async () => 3);
    expect(await series()).toEqual(['spec_gauge{kind="a"} 3']);
    watch(() => Promise.reject(new Error('away')));
    expect(await series()).toEqual([]);
  });

  it('asks the newest of several applications in one process', async () => {
    watch(async () => 1);
    watch(async () => 2);
    expect(await series()).toEqual(['spec_gauge{kind="a"} 2']);
  });
});
