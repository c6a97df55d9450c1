import pRetry from 'p-retry';
import type { OutageLog } from './outage-log.js';

/** Time that a start waits for a server, which usually answers at once; then it continues without. */
const FIRST_TRY_MS = 1_000;
const LONGEST_PAUSE_MS = 3_000;

/** Readies a connection to a server that may not be up yet, trying again and again behind the running process. */
export class BackgroundConnector {
  private readonly stopped = new AbortController();

  constructor(
    private readonly outages: OutageLog,
    private readonly operation: () => Promise<void>,
  ) {}

  /** Resolves when the first try has ended, however it went, or is taking long. */
  async start(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FIRST_TRY_MS);
      void this.keepTrying(resolve).then(resolve);
    });
    clearTimeout(timer);
  }

  /** Tries no more. */
  stop(): void {
    this.stopped.abort(new Error('Stopped'));
  }

  private async keepTrying(onFailure: () => void): Promise<void> {
    const attempt = async (): Promise<void> => {
      try {
        await this.operation();
      } catch (error) {
        this.outages.failed(error);
        onFailure();
        // A plain error: p-retry takes some kinds for programming errors and stops.
        throw new Error('Not ready', { cause: error });
      }
    };
    const pauses = { minTimeout: 200, factor: 2, maxTimeout: LONGEST_PAUSE_MS, randomize: true };
    await pRetry(attempt, { forever: true, ...pauses, signal: this.stopped.signal }).then(
      () => this.outages.recovered(),
      () => undefined, // Stopped.
    );
  }
}
