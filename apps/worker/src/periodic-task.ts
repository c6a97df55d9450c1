import type { Logger } from '#observability';

/** Repeats work, with a pause between two runs, also after a failed run. */
export class PeriodicTask {
  private timer?: NodeJS.Timeout;
  private running = Promise.resolve();
  private ending = false;

  constructor(
    private readonly name: string,
    private readonly periodMs: number,
    private readonly work: () => Promise<void>,
    private readonly logger: Logger,
  ) {}

  /** Whether the work should stop at its next checkpoint. */
  get stopping(): boolean {
    return this.ending;
  }

  start(): void {
    if (this.ending) return;
    this.timer = setTimeout(() => {
      this.running = this.work()
        .catch((error: unknown) => {
          this.logger.warn({ err: error, task: this.name }, 'A periodic task failed; it will be tried again');
        })
        .then(() => this.start());
    }, this.periodMs);
  }

  /** Resolves when a run in progress has ended. */
  async stop(): Promise<void> {
    this.ending = true;
    clearTimeout(this.timer);
    await this.running;
  }
}
