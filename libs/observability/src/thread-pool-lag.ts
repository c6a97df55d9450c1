import { lookup } from 'node:dns';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { histogram } from './metrics.js';

const PERIOD_MS = 2_000;

/**
 * Measures how long this process waits for its thread pool, where names are looked up, files are read and data is
 * compressed. A name that needs no server is looked up now and then: of all the tasks, look-ups get the fewest threads.
 */
@Injectable()
export class ThreadPoolLag implements OnApplicationShutdown {
  private readonly lag = histogram({
    name: 'threadpool_lag_seconds',
    help: 'Seconds a look-up of localhost took, most of them spent waiting for a thread of the pool',
    buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10],
  });
  private readonly timer = setInterval(() => this.measure(), PERIOD_MS).unref();

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private measure(): void {
    const stop = this.lag.startTimer();
    lookup('localhost', () => stop());
  }
}
