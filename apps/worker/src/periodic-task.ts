import type { Logger } from '#observability';

/** Runs work again and again, with a pause between the end of a run and the next. A run that fails is not the last. */
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

  /** Whether the work should break off at the next good moment. */
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

  /** Resolves when a run under way has ended. */
  async stop(): Promise<void> {
    this.ending = true;
    clearTimeout(this.timer);
    await this.running;
  }
}
