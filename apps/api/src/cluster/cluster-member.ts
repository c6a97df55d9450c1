import type { MetricsSource } from '#observability';
import { register } from 'prom-client';
import type { Pong, Ping } from './cluster-heartbeat.js';
import type { OwnMetrics, MetricsRequest } from './cluster-metrics.js';

/**
 * Set by the supervisor while others answer: a process that cannot serve must not take their requests. The value
 * is for how many milliseconds at most, or `Infinity`.
 */
export const LISTEN_WHEN_READY = 'POP_RENDER_LISTEN_WHEN_READY';

export interface ScrapeRequest {
  readonly kind: 'scrape-wanted';
  readonly id: number;
}
export interface ScrapeAnswer {
  readonly kind: 'scrape-answer';
  readonly id: number;
  readonly text?: string;
}
/** Others have taken this process's place: it shall finish and go. */
export interface Retire {
  readonly kind: 'replaced';
}

const SCRAPE_MS = 5_000;

/** One of several API processes, as its supervisor sees it. */
export class ClusterMember {
  /** Whether it goes because others have taken its place. */
  replaced = false;
  private readonly scrapes = new Map<number, (text?: string) => void>();
  private lastId = 0;

  constructor() {
    process.on('message', (message: MetricsRequest | ScrapeAnswer | Retire | Ping) => {
      if (message.kind === 'alive-wanted') {
        process.send!({ kind: 'alive' } satisfies Pong, undefined, undefined, () => undefined);
      }
      if (message.kind === 'own-metrics-wanted') void this.sendMetrics(message.id);
      if (message.kind === 'scrape-answer') this.scrapes.get(message.id)?.(message.text);
      if (message.kind !== 'replaced') return;
      this.replaced = true;
      process.emit('SIGTERM');
    });
  }

  /** The metrics of all processes, which the supervisor gathers. */
  readonly metrics: MetricsSource = () =>
    new Promise((resolve, reject) => {
      const id = ++this.lastId;
      const settle = (text?: string): void => {
        clearTimeout(timer);
        this.scrapes.delete(id);
        if (text === undefined) reject(new Error('The metrics of the other API processes could not be gathered'));
        else resolve(text);
      };
      const timer = setTimeout(settle, SCRAPE_MS);
      this.scrapes.set(id, settle);
      process.send!({ kind: 'scrape-wanted', id } satisfies ScrapeRequest);
    });

  /** Leaves its counts behind. Resolves when the supervisor is sure to get them. */
  async flushMetrics(): Promise<void> {
    await this.sendMetrics();
  }

  private async sendMetrics(id?: number): Promise<void> {
    const metrics = await register.getMetricsAsJSON();
    const message: OwnMetrics = { kind: 'own-metrics', id, metrics };
    // Without the supervisor this process ends anyway.
    await new Promise((resolve) => process.send!(message, undefined, undefined, resolve));
  }
}
