import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AppConfig } from '#config';
import type { Service } from '#lifecycle';
import type { Logger } from '#observability';
import { LISTEN_WHEN_READY, type Replaced, type ScrapeAnswer, type ScrapeWanted } from './cluster-member.js';
import { ClusterMetrics } from './cluster-metrics.js';

/** What a generation of processes is started with. */
export interface Settings {
  readonly config: AppConfig;
  /** Environment variables of the processes, besides those of the supervisor. */
  readonly variables: NodeJS.ProcessEnv;
}

const RESTART_DELAY_MS = 1_000;
/** For giving back connections, and a margin: a process that stops as told is never killed for being a little late. */
const RELEASE_MARGIN_MS = 6_000;

/**
 * Runs several API processes on one port. One that dies is replaced; if one does not come up at the start the whole
 * service ends, so that a wrong setting is not retried for ever. A reload replaces all of them by new ones, with what
 * the settings are then, and loses no request.
 */
export class ApiSupervisor implements Service {
  private readonly metrics = new ClusterMetrics();
  private readonly leaving = new Set<Worker>();
  private members: Worker[] = [];
  private closing = false;

  private constructor(
    private settings: Settings,
    private readonly readSettings: () => Settings,
    private readonly logger: Logger,
  ) {}

  /** @param readSettings throws ConfigurationError when they are wrong */
  static async start(readSettings: () => Settings, logger: Logger): Promise<ApiSupervisor> {
    const supervisor = new ApiSupervisor(readSettings(), readSettings, logger);
    cluster.on('message', (worker: Worker, message: ScrapeWanted) => {
      if (message.kind === 'scrape-wanted') void supervisor.answerScrape(worker, message.id);
    });
    supervisor.members = supervisor.forkAll(supervisor.settings);
    await whenAllListen(supervisor.members).catch(() => process.exit(1)); // It has said why itself.
    cluster.on('exit', (worker, code, signal) => supervisor.replaceDead(worker, code, signal));
    return supervisor;
  }

  get status(): string {
    return `${this.members.length} API processes on port ${this.settings.config.api.port}`;
  }

  /** @throws Error when the settings are wrong or new processes do not get ready: the old ones go on then */
  async reload(): Promise<void> {
    if (this.closing) return;
    try {
      const settings = this.readSettings();
      const fresh = this.forkAll(settings, { [LISTEN_WHEN_READY]: '1' });
      await allListening(fresh, settings.config.api.reloadTimeoutMs);
      const old = this.members;
      this.members = fresh;
      this.settings = settings;
      this.logger.info({ processes: fresh.length }, 'New API processes are ready; the old ones finish and go');
      for (const worker of old) await this.handOver(worker);
      this.logger.info('Reload done');
    } catch (error) {
      this.logger.error({ err: error }, 'Reload failed; the API processes of before go on');
      throw error;
    }
  }

  async close(): Promise<void> {
    this.closing = true;
    const all = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    await Promise.all(
      all.map((worker) => this.gone(worker, () => this.leaving.has(worker) || worker.process.kill('SIGTERM'))),
    );
  }

  private forkAll(settings: Settings, more: NodeJS.ProcessEnv = {}): Worker[] {
    return Array.from({ length: settings.config.api.processes }, () => this.fork(settings, more));
  }

  private fork({ variables }: Settings, more: NodeJS.ProcessEnv = {}): Worker {
    // Only the supervisor speaks with systemd, and only it reads the file: all of a generation have the same settings.
    const own = { NOTIFY_SOCKET: '', WATCHDOG_USEC: '', POP_RENDER_ENV_FILE: '' };
    return cluster.fork({ ...variables, ...own, ...more });
  }

  private async handOver(worker: Worker): Promise<void> {
    if (worker.isDead() || this.closing) return;
    this.leaving.add(worker);
    // One that is dying by itself needs not be told.
    await this.gone(worker, () => worker.send({ kind: 'replaced' } satisfies Replaced, () => undefined));
    this.leaving.delete(worker);
  }

  /** Tells a process to go, and kills it when it stays for too long. */
  private async gone(worker: Worker, tell: () => unknown): Promise<void> {
    const { shutdownDelaySeconds, shutdownGraceSeconds } = this.settings.config;
    const limitMs = (shutdownDelaySeconds + shutdownGraceSeconds) * 1000 + RELEASE_MARGIN_MS;
    const gone = once(worker, 'exit');
    tell();
    const timer = setTimeout(() => worker.process.kill('SIGKILL'), limitMs);
    await gone;
    clearTimeout(timer);
  }

  private replaceDead(worker: Worker, code: number, signal: string): void {
    const { settings } = this;
    if (this.closing || !this.members.includes(worker)) return;
    this.logger.error({ pid: worker.process.pid, code, signal }, 'API process died; starting another');
    this.members = this.members.filter((member) => member !== worker);
    setTimeout(() => {
      if (!this.closing && this.settings === settings) this.members.push(this.fork(settings));
    }, RESTART_DELAY_MS);
  }

  private async answerScrape(worker: Worker, id: number): Promise<void> {
    const text = await this.metrics.text().catch((error: unknown) => {
      this.logger.warn({ err: error }, 'The metrics of the API processes could not be put together');
      return undefined;
    });
    // One that has gone meanwhile wants no answer.
    worker.send({ kind: 'scrape-answer', id, text } satisfies ScrapeAnswer, () => undefined);
  }
}

/** @throws Error when one of them dies before the last is there */
async function whenAllListen(workers: readonly Worker[]): Promise<void> {
  await Promise.all(workers.map(whenListening));
  if (workers.some((worker) => worker.isDead())) throw new Error('An API process died while others were starting');
}

function whenListening(worker: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    worker.once('listening', () => resolve());
    worker.once('exit', () => reject(new Error('API process ended before it was ready')));
  });
}

async function killed(worker: Worker): Promise<void> {
  if (worker.isDead()) return;
  const gone = once(worker, 'exit');
  worker.process.kill('SIGKILL');
  await gone;
}

/** @throws Error when one does not come up, or not in time; none of them is left then */
async function allListening(workers: readonly Worker[], limitMs: number): Promise<void> {
  const late = new AbortController();
  const timeout = sleep(limitMs, undefined, { signal: late.signal }).then(() => {
    throw new Error(`New API processes were not ready within ${limitMs / 1000} s`);
  });
  timeout.catch(() => undefined); // Told by the race, or aborted below.
  try {
    await Promise.race([whenAllListen(workers), timeout]);
  } catch (error) {
    await Promise.all(workers.map(killed));
    throw error;
  } finally {
    late.abort();
  }
}
