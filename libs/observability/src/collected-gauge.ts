import type { GaugeConfiguration, LabelValues } from 'prom-client';
import { gauge } from './metrics.js';

/** A scrape waits no longer for a server: what is not known by then is left out of it. */
const SCRAPE_TIMEOUT_MS = 1_750;

/** One value of a gauge, under its labels. */
export interface Sample<Label extends string> {
  readonly labels: LabelValues<Label>;
  readonly value: number;
}

type Reader<Label extends string> = () => Promise<readonly Sample<Label>[]>;

/** Who knows the values of each gauge. */
const readers = new Map<string, Reader<string>>();

/**
 * A gauge whose values are asked for at each scrape, absent when they cannot be known. Of several applications in one
 * process, which all know the same, the newest is asked.
 */
export function collectedGauge<Label extends string>(
  configuration: Omit<GaugeConfiguration<Label>, 'collect'>,
  read: Reader<Label>,
): void {
  const { name } = configuration;
  readers.set(name, read);
  gauge({
    ...configuration,
    async collect() {
      // Absent, not stale: the health check tells why.
      const samples = (await readers.get(name)!().catch(() => [])) as readonly Sample<Label>[];
      this.reset();
      for (const { labels, value } of samples) this.set(labels, value);
    },
  });
}

/**
 * The read, asked at most once at a time and again only when its last answer, or its failure, is `keepMs` old. One that
 * does not answer in time is a failure to whoever waits.
 */
export function cachedFor<T>(read: () => Promise<T>, keepMs: number, patienceMs = SCRAPE_TIMEOUT_MS): () => Promise<T> {
  let last: { readonly answer: Promise<T>; endedAt?: number } | undefined;
  const ask = (): { readonly answer: Promise<T>; endedAt?: number } => {
    const asked: { answer: Promise<T>; endedAt?: number } = { answer: read() };
    const end = (): void => void (asked.endedAt = performance.now());
    asked.answer.then(end, end);
    return asked;
  };
  return () => {
    if (!last || (last.endedAt !== undefined && performance.now() - last.endedAt >= keepMs)) last = ask();
    return inTime(last.answer, patienceMs);
  };
}

async function inTime<T>(answer: Promise<T>, limitMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('No answer in time')), limitMs);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
