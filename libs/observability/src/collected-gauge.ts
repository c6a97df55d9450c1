import type { Provider } from '@nestjs/common';
import { makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import type { Gauge, GaugeConfiguration, LabelValues } from 'prom-client';

/** Limit of a scrape's wait for a server: a value that is not known by then is left out. */
const SCRAPE_TIMEOUT_MS = 1_750;

/** One value of a gauge, under its labels. */
export interface Sample<Label extends string> {
  readonly labels: LabelValues<Label>;
  readonly value: number;
}

type Reader<Label extends string> = () => Promise<readonly Sample<Label>[]>;

/** A gauge whose values are read at each scrape. */
export interface CollectedGauge<Label extends string> {
  readonly provider: Provider;
  /** Sets the source of the values. A later call replaces it. */
  readFrom(read: Reader<Label>): void;
}

/**
 * Declares a gauge whose values are read at each scrape, and absent when they cannot be read. The registry is that of
 * the process: of several applications, which all know the same, the newest is read. `makeGaugeProvider` would bind
 * dependencies that it injects into `collect` to the first application, even after that was closed (ADR 33).
 */
export function collectedGauge<Label extends string>(
  configuration: Omit<GaugeConfiguration<Label>, 'collect'>,
): CollectedGauge<Label> {
  let read: Reader<Label> = async () => [];
  const provider = makeGaugeProvider({
    ...configuration,
    async collect(this: Gauge) {
      // Absent, not stale: the health check has the reason.
      const samples = await read().catch(() => []);
      this.reset();
      for (const { labels, value } of samples) this.set(labels, value);
    },
  });
  return { provider, readFrom: (newest) => void (read = newest) };
}

/**
 * Returns a function that shares one read among concurrent callers and caches its result, or its failure, for `keepMs`.
 * A read that takes longer than `timeoutMs` fails for its callers, and is not repeated while it is in progress.
 */
export function cachedFor<T>(read: () => Promise<T>, keepMs: number, timeoutMs = SCRAPE_TIMEOUT_MS): () => Promise<T> {
  let last: { readonly result: Promise<T>; endedAt?: number } | undefined;
  const start = (): { readonly result: Promise<T>; endedAt?: number } => {
    const started: { result: Promise<T>; endedAt?: number } = { result: read() };
    const end = (): void => void (started.endedAt = performance.now());
    started.result.then(end, end);
    return started;
  };
  return () => {
    if (!last || (last.endedAt !== undefined && performance.now() - last.endedAt >= keepMs)) last = start();
    return withTimeout(last.result, timeoutMs);
  };
}

async function withTimeout<T>(result: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('No answer in time')), timeoutMs);
  });
  try {
    return await Promise.race([result, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
