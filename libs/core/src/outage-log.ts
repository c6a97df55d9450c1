/** What a {@link OutageLog} writes to. */
export interface OutageLogger {
  error(message: string): void;
  log(message: string): void;
}

/** Logs an outage of a server once, again when its cause changes, and when it ends: not at every attempt. */
export class OutageLog {
  private reason?: string;

  constructor(
    private readonly logger: OutageLogger,
    private readonly server: string,
  ) {}

  /** The current cause in words; undefined when there is no outage. */
  get current(): string | undefined {
    return this.reason;
  }

  failed(thrown: unknown): void {
    const reason = rootCauseMessage(thrown);
    if (reason === this.reason) return;
    this.reason = reason;
    this.logger.error(`${this.server} is unavailable: ${reason}`);
  }

  recovered(): void {
    if (this.reason === undefined) return;
    this.reason = undefined;
    this.logger.log(`${this.server} is available again`);
  }
}

/** The innermost reason; a host of several addresses fails once for each, and the first is enough. */
export function rootCauseMessage(thrown: unknown): string {
  const { message, cause, errors } = (thrown ?? {}) as Partial<AggregateError>;
  if (Array.isArray(errors) && errors.length > 0) return rootCauseMessage(errors[0]);
  if (typeof message !== 'string') return String(thrown);
  return (cause === undefined ? '' : rootCauseMessage(cause)) || message;
}
