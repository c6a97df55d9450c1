import 'reflect-metadata';
import { type INestApplicationContext, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { InjectMetric } from '@willsoto/nestjs-prometheus';
import { type Gauge, register } from 'prom-client';
import { cachedFor, collectedGauge } from './collected-gauge.js';

const never = (): Promise<never> => new Promise(() => undefined);

describe('a cached read', () => {
  it('is shared by concurrent callers', async () => {
    const read = jest.fn(async () => 7);
    const cached = cachedFor(read, 60_000);
    expect(await Promise.all([cached(), cached()])).toEqual([7, 7]);
    expect(await cached()).toBe(7);
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('is repeated when its result has expired', async () => {
    let value = 0;
    const cached = cachedFor(async () => ++value, 0);
    expect([await cached(), await cached()]).toEqual([1, 2]);
  });

  it('fails for its callers after the timeout, and is not repeated while it is in progress', async () => {
    const read = jest.fn(never);
    const cached = cachedFor(read, 0, 10);
    await expect(cached()).rejects.toThrow('No answer in time');
    await expect(cached()).rejects.toThrow('No answer in time');
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('is repeated after a failure', async () => {
    const read = jest.fn().mockRejectedValueOnce(new Error('down')).mockResolvedValueOnce('up');
    const cached = cachedFor(read, 0);
    await expect(cached()).rejects.toThrow('down');
    expect(await cached()).toBe('up');
  });
});

describe('a gauge read at each scrape', () => {
  const GAUGE = collectedGauge({ name: 'spec_gauge', help: 'x', labelNames: ['kind'], aggregator: 'max' });

  @Injectable()
  class Store {
    value = 0;
  }
  @Injectable()
  class SpecMetrics {
    constructor(
      @InjectMetric('spec_gauge') readonly gauge: Gauge<'kind'>,
      store: Store,
    ) {
      GAUGE.readFrom(async () => [{ labels: { kind: 'a' }, value: store.value }]);
    }
  }
  @Module({ providers: [GAUGE.provider, Store, SpecMetrics] })
  class SpecModule {}

  let applications: INestApplicationContext[];
  async function open(value: number): Promise<INestApplicationContext> {
    const app = await NestFactory.createApplicationContext(SpecModule, { logger: false, abortOnError: false });
    applications.push(app);
    app.get(Store).value = value;
    return app;
  }
  beforeEach(() => (applications = []));
  afterEach(() => Promise.all(applications.map((app) => app.close())));

  const scrape = (): Promise<string> => register.getSingleMetricAsString('spec_gauge');
  const series = async (): Promise<string[]> => (await scrape()).split('\n').filter((line) => !line.startsWith('#'));

  it('is absent while its value cannot be read', async () => {
    await open(3);
    expect(await series()).toEqual(['spec_gauge{kind="a"} 3']);
    GAUGE.readFrom(() => Promise.reject(new Error('down')));
    expect(await series()).toEqual([]);
  });

  it('is shared by two applications in one process, and reads from the newest', async () => {
    const [first, second] = [await open(1), await open(2)];
    expect(first.get(SpecMetrics).gauge).toBe(second.get(SpecMetrics).gauge);
    expect(await series()).toEqual(['spec_gauge{kind="a"} 2']);
    await first.close();
    second.get(Store).value = 5;
    expect(await series()).toEqual(['spec_gauge{kind="a"} 5']);
  });

  it('keeps how a cluster aggregates it', () => {
    expect(register.getSingleMetric('spec_gauge')).toMatchObject({ aggregator: 'max' });
  });
});
