import pg from 'pg';

export interface WaitingPoolConfig extends pg.PoolConfig {
  /**
   * How long a caller waits for a connection, in milliseconds; `connectionTimeoutMillis` then limits the attempts to
   * connect, which may go on behind. Without it the pool is an ordinary one.
   */
  readonly waitMs?: number;
}

export type ConnectCallback = (
  error?: Error,
  client?: pg.PoolClient,
  release?: (destroy?: Error | boolean) => void,
) => void;

interface Waiter {
  readonly settle: ConnectCallback;
  /** Whether a failed attempt was repeated for it. */
  retried: boolean;
}

/**
 * A pool whose callers take the first connection that there is, released or new. An ordinary pool binds a caller to the
 * attempt that it has caused: on a host that is short of processor time one slow handshake would fail the caller though
 * other connections are free, and the time waited would be lost. Here the attempt goes on and its
 * connection is kept. The first connection of all is waited for as long as the attempt lasts: nothing can be served
 * without it.
 */
export class WaitingPool extends pg.Pool {
  private readonly waitMs?: number;
  private readonly attemptMs: number;
  private readonly waiters: Waiter[] = [];
  /** Connections that this pool is asked for, and of these such as are there already. */
  private asking = 0;
  private fetching = 0;
  private reached = false;

  constructor(settings: WaitingPoolConfig = {}) {
    super(settings);
    this.waitMs = settings.waitMs;
    this.attemptMs = settings.connectionTimeoutMillis ?? 0;
    if (this.waitMs === undefined) return;
    // The events are emitted before the pool has updated its state.
    const later = (): void => void setImmediate(() => this.feed());
    this.on('release', later).on('remove', later);
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- two overloads: with a callback, or a promise
  override connect(callback?: any): any {
    if (this.waitMs === undefined) return super.connect(callback as () => void);
    if (callback) return this.wait(callback as ConnectCallback);
    return new Promise<pg.PoolClient>((resolve, reject) => {
      this.wait((error, client) => (error ? reject(error) : resolve(client!)));
    });
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
  override end(callback?: any): any {
    this.failAll(() => true, new Error('The pool is closed'));
    return callback ? super.end(callback as () => void) : super.end();
  }

  private wait(callback: ConnectCallback): void {
    const timer = setTimeout(
      () => this.failAll((each) => each === waiter, new Error('timeout exceeded when trying to connect')),
      this.reached ? this.waitMs : this.attemptMs,
    );
    const waiter: Waiter = {
      retried: false,
      settle: (...answer) => {
        clearTimeout(timer);
        callback(...answer);
      },
    };
    this.waiters.push(waiter);
    this.feed();
  }

  /** Asks for as many connections as callers wait, and for those that have become free besides. */
  private feed(): void {
    while (this.waiters.length > this.fetching && this.idleCount > this.fetching) this.ask(true);
    while (this.waiters.length > this.asking) this.ask(false);
  }

  private ask(isThere: boolean): void {
    this.asking++;
    if (isThere) this.fetching++;
    super.connect((error, client, release) => {
      this.asking--;
      if (isThere) this.fetching--;
      if (error) return this.attemptFailed(error);
      this.reached = true;
      const waiter = this.waiters.shift();
      if (waiter) waiter.settle(undefined, client, release);
      else release(); // Its caller has another or has gone: it is kept for the next.
    });
  }

  /** Callers wait on while a connection may become free or come to be; else the attempt is repeated once. */
  private attemptFailed(error: Error): void {
    const inUse = this.totalCount - this.idleCount;
    if (this.asking > 0 || inUse > 0) return;
    this.failAll(({ retried }) => retried, error);
    for (const waiter of this.waiters) waiter.retried = true;
    this.feed();
  }

  private failAll(isMeant: (waiter: Waiter) => boolean, error: Error): void {
    const failed = this.waiters.filter(isMeant);
    for (const waiter of failed) this.waiters.splice(this.waiters.indexOf(waiter), 1);
    for (const waiter of failed) waiter.settle(error);
  }
}
