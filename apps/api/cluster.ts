import cluster, { type Worker } from 'node:cluster';
import type { Service } from '#lifecycle';
import type { Logger, MetricsSource } from '#observability';
import { AggregatorRegistry, type RegistryContentType } from 'prom-client';

interface MetricsRequest {
  readonly kind: 'cluster-metrics-request';
  readonly id: number;
}

interface MetricsAnswer {
  readonly kind: 'cluster-metrics-answer';
  readonly id: number;
  readonly text?: string;
}

const RESTART_DELAY_MS = 1_000;
const METRICS_TIMEOUT_MS = 5_000;
/** A process that stops as told is never killed for being a little late. */
const STOP_MARGIN_MS = 1_000;

/**
 * Runs `count` API processes on one port. One that dies is replaced; if none ever came up the whole service ends, so
 * that a wrong setting is not retried for ever. Told to stop, one that is not gone after `stopMs` is killed.
 */
export async function superviseProcesses(count: number, stopMs: number, logger: Logger): Promise<Service> {
  let closing = false;
  const registry = new AggregatorRegistry();
  cluster.on('message', (worker: Worker, message: MetricsRequest) => {
    if (message.kind === 'cluster-metrics-request') void answerMetrics(registry, worker, message.id);
  });
  const started = Array.from({ length: count }, () => whenListening(cluster.fork()));
  await Promise.all(started).catch(() => process.exit(1)); // The process itself has said why.
  cluster.on('exit', (worker, code, signal) => {
    if (closing) return;
    logger.error({ pid: worker.process.pid, code, signal }, 'API process died; starting another');
    setTimeout(() => !closing && cluster.fork(), RESTART_DELAY_MS);
  });
  return {
    close: async () => {
      closing = true;
      const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
      await Promise.all(
        workers.map((worker) => {
          const gone = new Promise((resolve) => worker.once('exit', resolve));
          worker.process.kill('SIGTERM');
          setTimeout(() => worker.process.kill('SIGKILL'), stopMs + STOP_MARGIN_MS).unref();
          return gone;
        }),
      );
    },
  };
}

function whenListening(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('listening', () => resolve());
    worker.once('exit', () => reject(new Error('API process ended before it was ready')));
  });
}

async function answerMetrics(
  registry: AggregatorRegistry<RegistryContentType>,
  worker: Worker,
  id: number,
): Promise<void> {
  const text = await registry.clusterMetrics().catch(() => undefined);
  worker.send({ kind: 'cluster-metrics-answer', id, text } satisfies MetricsAnswer);
}

/** In one process of several: the sums over all of them, which the first process gathers. */
export function clusterMetricsSource(): MetricsSource {
  new AggregatorRegistry(); // Answers the first process when it gathers.
  let last = 0;
  const waiting = new Map<number, (answer: MetricsAnswer) => void>();
  process.on('message', (message: MetricsAnswer) => {
    if (message.kind === 'cluster-metrics-answer') waiting.get(message.id)?.(message);
  });
  return () =>
    new Promise((resolve, reject) => {
      const id = ++last;
      const settle = (text?: string): void => {
        clearTimeout(timer);
        waiting.delete(id);
        if (text === undefined) reject(new Error('The metrics of the other API processes could not be gathered'));
        else resolve(text);
      };
      const timer = setTimeout(settle, METRICS_TIMEOUT_MS);
      waiting.set(id, ({ text }) => settle(text));
      process.send!({ kind: 'cluster-metrics-request', id } satisfies MetricsRequest);
    });
}
