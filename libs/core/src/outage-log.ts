/** What a {@link OutageLog} writes to. */
export interface OutageLogger {
  error(message: string): void;
  log(message: string): void;
}

/** Tells of a server's fault once, again when the reason is another, and when it is over: not at every try. */
export class OutageLog {
  private reason?: string;

  constructor(
    private readonly logger: OutageLogger,
    private readonly server: string,
  ) {}

  /** The fault of this moment, in words; undefined when there is none. */
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

/** The innermost reason; a host of several addresses fails once for each, and the first tells enough. */
export function rootCauseMessage(thrown: unknown): string {
  const { message, cause, errors } = (thrown ?? {}) as Partial<AggregateError>;
  if (Array.isArray(errors) && errors.length > 0) return rootCauseMessage(errors[0]);
  if (typeof message !== 'string') return String(thrown);
  return (cause === undefined ? '' : rootCauseMessage(cause)) || message;
}
