import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, register, type Registry } from 'prom-client';

type Metric = Awaited<ReturnType<Registry['getMetricsAsJSON']>>[number] & { readonly type: unknown };
type Value = Metric['values'][number] & { readonly metricName?: string };

/** Sent by a process of the cluster: its own metrics, when asked, and unasked before it exits. */
export interface OwnMetrics {
  readonly kind: 'own-metrics';
  readonly id?: number;
  readonly metrics: Metric[];
}
export interface MetricsRequest {
  readonly kind: 'own-metrics-wanted';
  readonly id: number;
}

/** A process that hangs holds up no scrape for longer; one whose servers hang answers within two seconds. */
const ANSWER_MS = 2_500;

/** The metrics of all processes of a cluster, this one too, as one. What ended processes have counted stays counted. */
export class ClusterMetrics {
  private readonly listening = new Map<number, Worker>();
  private readonly latest = new Map<number, Metric[]>();
  private readonly waiting = new Map<string, (metrics: Metric[]) => void>();
  private ended: Metric[] = [];
  private lastId = 0;

  constructor() {
    cluster.on('listening', (worker) => this.listening.set(worker.id, worker));
    cluster.on('message', (worker: Worker, message: OwnMetrics) => {
      if (message.kind !== 'own-metrics') return;
      this.latest.set(worker.id, message.metrics);
      this.waiting.get(`${worker.id}.${message.id}`)?.(message.metrics);
    });
    // Not 'exit', which may come before the last message.
    cluster.on('disconnect', (worker) => this.keepCounts(worker.id));
  }

  /** The text of a scrape. */
  async text(): Promise<string> {
    const id = ++this.lastId;
    const answers = await Promise.all(
      [...this.listening.values()].map(async (worker) => [worker.id, await this.ask(worker, id)] as const),
    );
    const fresh = new Map(answers.filter(([, metrics]) => metrics !== undefined));
    // Of one that has not answered only what cannot go back; one that has ended by now is among the ended.
    const each = [...this.latest].map(([worker, known]) => (fresh.has(worker) ? known : known.filter(isCumulative)));
    const own: Metric[] = await register.getMetricsAsJSON();
    return AggregatorRegistry.aggregate([...each, this.ended, own]).metrics();
  }

  private ask(worker: Worker, id: number): Promise<Metric[] | undefined> {
    return new Promise((resolve) => {
      const key = `${worker.id}.${id}`;
      const settle = (metrics?: Metric[]): void => {
        clearTimeout(timer);
        this.waiting.delete(key);
        resolve(metrics);
      };
      const timer = setTimeout(settle, ANSWER_MS);
      this.waiting.set(key, settle);
      // One that is just exiting is no error: its last metrics are known.
      worker.send({ kind: 'own-metrics-wanted', id } satisfies MetricsRequest, (error) => error && settle());
    });
  }

  private keepCounts(worker: number): void {
    this.ended = added(this.ended, (this.latest.get(worker) ?? []).filter(isCumulative));
    this.latest.delete(worker);
    this.listening.delete(worker);
  }
}

/** Counts only grow; a gauge of an ended process means nothing. */
function isCumulative({ type }: Metric): boolean {
  return ['counter', 'histogram'].includes(String(type));
}

function added(some: readonly Metric[], more: readonly Metric[]): Metric[] {
  const sums = new Map(some.map((metric) => [metric.name, metric]));
  for (const metric of more) {
    const values = new Map<string, Value>();
    for (const value of [...(sums.get(metric.name)?.values ?? []), ...metric.values] as Value[]) {
      const series = JSON.stringify([value.metricName, Object.entries(value.labels).sort()]);
      values.set(series, { ...value, value: (values.get(series)?.value ?? 0) + value.value });
    }
    sums.set(metric.name, { ...metric, values: [...values.values()] });
  }
  return [...sums.values()];
}
