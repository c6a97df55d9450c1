import cluster, { type Worker } from 'node:cluster';

/** Asks a process of the cluster whether its event loop turns. */
export interface Ping {
  readonly kind: 'alive-wanted';
}
export interface Pong {
  readonly kind: 'alive';
}

const CHECKS = 4;

/**
 * Notices processes of the cluster that listen but answer nothing any more. Checks are counted, not time: were this
 * process itself stopped for a while, with the whole machine perhaps, the others would only seem to be silent.
 */
export class ClusterHeartbeat {
  /** Checks in a row that a process has not answered. */
  private readonly missed = new Map<Worker, number>();

  /** @param hangs is called once for a process that was silent for this long */
  constructor(
    limitMs: number,
    private readonly hangs: (worker: Worker) => void,
  ) {
    cluster.on('listening', (worker) => this.missed.set(worker, 0));
    cluster.on('exit', (worker) => this.missed.delete(worker));
    cluster.on('message', (worker: Worker, { kind }: Pong) => {
      if (kind === 'alive' && this.missed.has(worker)) this.missed.set(worker, 0);
    });
    setInterval(() => this.check(), limitMs / CHECKS).unref();
  }

  private check(): void {
    for (const [worker, missed] of this.missed) {
      if (missed === CHECKS) {
        this.missed.delete(worker);
        this.hangs(worker);
      } else {
        this.missed.set(worker, missed + 1);
        worker.send({ kind: 'alive-wanted' } satisfies Ping, () => undefined);
      }
    }
  }
}
