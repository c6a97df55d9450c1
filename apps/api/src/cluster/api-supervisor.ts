import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AppConfig, onlySecrets, withoutSecrets } from '#config';
import type { Service } from '#lifecycle';
import { countApiProcessExits, type Logger } from '#observability';
import { ClusterHeartbeat } from './cluster-heartbeat.js';
import { LISTEN_WHEN_READY, type Retire, type ScrapeAnswer, type ScrapeRequest } from './cluster-member.js';
import { ClusterMetrics } from './cluster-metrics.js';
import { answerSecrets } from './cluster-secrets.js';

/** What a generation of processes is started with. */
export interface Settings {
  readonly config: AppConfig;
  /** Environment variables of the processes, besides those of the supervisor. */
  readonly variables: NodeJS.ProcessEnv;
}

const RESTART_DELAY_MS = 1_000;
/** For the connections of a process in place of a dead one, while others answer: then it listens, ready or not. */
const REPLACEMENT_READY_MS = 10_000;
/** For a process to answer, where systemd sets no limit for the supervisor. */
const HANG_MS = 60_000;
/** For releasing connections, and a margin: a process that is stopping is never killed for being a little late. */
const RELEASE_MARGIN_MS = 6_000;

/**
 * Runs several API processes on one port. One that dies is replaced, one that hangs is killed first; if one does not
 * come up at the start the whole service ends, so that a wrong setting is not retried for ever. A reload replaces all of
 * them by new ones, with what the settings are then, and loses no request.
 */
export class ApiSupervisor implements Service {
  private readonly metrics = new ClusterMetrics();
  private readonly countDeath = countApiProcessExits(['crashed', 'killed', 'time']);
  private readonly leaving = new Set<Worker>();
  private readonly hanging = new Set<Worker>();
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
    cluster.on('message', (worker: Worker, message: ScrapeRequest) => {
      if (message.kind === 'scrape-wanted') void supervisor.answerScrape(worker, message.id);
    });
    new ClusterHeartbeat(hangLimitMs(process.env), (worker) => supervisor.killHanging(worker));
    supervisor.members = supervisor.forkAll(supervisor.settings);
    await whenAllListen(supervisor.members, supervisor.settings.config).catch(() => process.exit(1)); // It has logged why.
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
      const fresh = this.forkAll(settings, { [LISTEN_WHEN_READY]: 'Infinity' });
      await allListening(fresh, settings.config);
      const [old, before] = [this.members, this.settings];
      this.members = fresh;
      this.settings = settings;
      this.logger.info({ processes: fresh.length }, 'New API processes are ready; the old ones finish and go');
      for (const worker of old) await this.handOver(worker, before);
      this.logger.info('Reload done');
    } catch (error) {
      if (this.closing) return; // The new ones are stopping too.
      this.logger.error({ err: error }, 'Reload failed; the previous API processes continue');
      throw error;
    }
  }

  async close(): Promise<void> {
    this.closing = true;
    const all = Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
    await Promise.all(
      all.map((worker) =>
        this.gone(worker, this.settings, () => this.leaving.has(worker) || worker.process.kill('SIGTERM')),
      ),
    );
  }

  private forkAll(settings: Settings, more: NodeJS.ProcessEnv = {}): Worker[] {
    return Array.from({ length: settings.config.api.processes }, () => this.fork(settings, more));
  }

  private fork({ variables }: Settings, more: NodeJS.ProcessEnv = {}): Worker {
    // Only the supervisor speaks with systemd, and only it reads the file: all of a generation have the same settings.
    const own = { NOTIFY_SOCKET: '', WATCHDOG_USEC: '', POP_RENDER_ENV_FILE: '' };
    const worker = cluster.fork({ ...withoutSecrets(variables), ...own, ...more });
    // What a process is started with can be read by others of the same user.
    answerSecrets(worker, onlySecrets(variables));
    return worker;
  }

  private async handOver(worker: Worker, settings: Settings): Promise<void> {
    if (this.closing) return;
    this.leaving.add(worker);
    // One that is dying already needs no message.
    await this.gone(worker, settings, () => worker.send({ kind: 'replaced' } satisfies Retire, () => undefined));
    this.leaving.delete(worker);
  }

  /** Signals a process to stop, and kills it when it stays for longer than the settings it was started with allow. */
  private async gone(worker: Worker, { config }: Settings, signal: () => unknown): Promise<void> {
    if (worker.isDead()) return;
    const { shutdownDelaySeconds, shutdownGraceSeconds } = config;
    const limitMs = (shutdownDelaySeconds + shutdownGraceSeconds) * 1000 + RELEASE_MARGIN_MS;
    const gone = once(worker, 'exit');
    signal();
    const timer = setTimeout(() => worker.process.kill('SIGKILL'), limitMs);
    await gone;
    clearTimeout(timer);
  }

  private killHanging(worker: Worker): void {
    this.logger.error({ pid: worker.process.pid }, 'API process does not answer; killing it');
    this.hanging.add(worker);
    worker.process.kill('SIGKILL');
  }

  private replaceDead(worker: Worker, code: number, signal: string): void {
    const { settings } = this;
    const hung = this.hanging.delete(worker);
    if (this.closing || !this.members.includes(worker)) return;
    this.logger.error({ pid: worker.process.pid, code, signal }, 'API process died; starting another');
    this.countDeath(hung ? 'time' : signal === 'SIGKILL' ? 'killed' : 'crashed');
    this.members = this.members.filter((member) => member !== worker);
    setTimeout(() => {
      if (!this.closing && this.settings === settings) void this.startOne(settings);
    }, RESTART_DELAY_MS);
  }

  private async startOne(settings: Settings): Promise<void> {
    // Where none answers, a refusal in time is better than silence.
    const patience = Math.min(REPLACEMENT_READY_MS, settings.config.api.reloadTimeoutMs / 2);
    const worker = this.fork(settings, this.members.length > 0 ? { [LISTEN_WHEN_READY]: String(patience) } : {});
    this.members.push(worker);
    try {
      await allListening([worker], settings.config);
    } catch (error) {
      if (!this.closing) this.logger.error({ err: error }, 'An API process in place of a dead one did not start');
    }
  }

  private async answerScrape(worker: Worker, id: number): Promise<void> {
    const text = await this.metrics.text().catch((error: unknown) => {
      this.logger.warn({ err: error }, 'The metrics of the API processes could not be put together');
      return undefined;
    });
    // One that has exited by then needs no answer.
    worker.send({ kind: 'scrape-answer', id, text } satisfies ScrapeAnswer, () => undefined);
  }
}

/** As long as systemd would wait for a sign of life of the supervisor, which stands for its processes too. */
function hangLimitMs({ WATCHDOG_USEC }: NodeJS.ProcessEnv): number {
  const watchdogMs = Number(WATCHDOG_USEC) / 1000;
  return watchdogMs > 0 ? watchdogMs : HANG_MS;
}

/** @throws Error when one of them dies before the last is there */
async function whenAllListen(workers: readonly Worker[], { api }: AppConfig): Promise<void> {
  await Promise.all(workers.map((worker) => whenListening(worker, api.port)));
  if (workers.some((worker) => worker.isDead())) throw new Error('An API process died while others were starting');
}

function whenListening(worker: Worker, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    // It may listen for probes and scrapes before.
    worker.on('listening', (address) => address.port === port && resolve());
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
async function allListening(workers: readonly Worker[], config: AppConfig): Promise<void> {
  const limitMs = config.api.reloadTimeoutMs;
  const late = new AbortController();
  const timeout = sleep(limitMs, undefined, { signal: late.signal }).then(() => {
    throw new Error(`New API processes were not ready within ${limitMs / 1000} s`);
  });
  timeout.catch(() => undefined); // Reported by the race, or aborted below.
  try {
    await Promise.race([whenAllListen(workers, config), timeout]);
  } catch (error) {
    await Promise.all(workers.map(killed));
    throw error;
  } finally {
    late.abort();
  }
}
