import { lookup } from 'node:dns';
import { Injectable, type OnApplicationShutdown, type Provider } from '@nestjs/common';
import { InjectMetric, makeHistogramProvider } from '@willsoto/nestjs-prometheus';
import type { Histogram } from 'prom-client';

const PERIOD_MS = 2_000;

/**
 * Measures how long tasks wait for a thread of libuv's pool, which looks up names, reads files and compresses data. It
 * looks up periodically a name that needs no server: of all tasks, look-ups get the fewest threads.
 */
@Injectable()
export class ThreadPoolLag implements OnApplicationShutdown {
  private readonly timer = setInterval(() => this.measure(), PERIOD_MS).unref();

  constructor(@InjectMetric('threadpool_lag_seconds') private readonly lag: Histogram) {}

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private measure(): void {
    const stop = this.lag.startTimer();
    lookup('localhost', () => stop());
  }
}

export const THREAD_POOL_METRICS: Provider[] = [
  makeHistogramProvider({
    name: 'threadpool_lag_seconds',
    help: 'Seconds a look-up of localhost took, most of them spent waiting for a thread of the pool',
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10],
  }),
  ThreadPoolLag,
];
