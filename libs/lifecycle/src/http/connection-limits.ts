import {
  ConnectionPool,
  type Eviction,
  type TrackedConnection,
  type LimitedConnection,
  type Owner,
} from './connection-pool.js';

/** Why a request is not served: the process is full, its client has its share, or its connection too many requests. */
export type Refusal = 'full' | 'client' | 'pipelining';

export interface ConnectionLimitOptions {
  readonly maxConnections: number;
  readonly maxPerClient: number;
  /** Connections above the maximum, for requests of probes. */
  readonly reserve: number;
  /** Requests of one connection that may be in progress at once. */
  readonly maxPipelined: number;
  /** Notified of each connection that was closed to make room. */
  readonly onEviction?: (eviction: Eviction) => void;
  /** Milliseconds of a clock that never goes back; by default the process's. */
  readonly now?: () => number;
}

/**
 * Which connections a server keeps. A new one takes the place of an idle one when there is no room; one with a request in
 * progress is never closed. When all are busy a few more are admitted: what they ask for decides whether they are served.
 */
export class ConnectionLimits<C extends LimitedConnection> {
  private readonly tracked = new Map<C, TrackedConnection<C>>();
  private readonly ordinary: ConnectionPool<C>;
  private readonly reserve: ConnectionPool<C>;
  private readonly maxPipelined: number;

  constructor({ maxConnections, maxPerClient, reserve, maxPipelined, onEviction, now }: ConnectionLimitOptions) {
    const evict = (tracked: TrackedConnection<C>, eviction: Eviction): void => {
      this.tracked.delete(tracked.connection);
      tracked.connection.destroy();
      onEviction?.(eviction);
    };
    this.ordinary = new ConnectionPool(maxConnections, maxPerClient, evict, true, now);
    this.reserve = new ConnectionPool(reserve, reserve, evict, false, now);
    this.maxPipelined = maxPipelined;
  }

  /** Connections that are kept now, those of the reserve among them. */
  get size(): number {
    return this.tracked.size;
  }

  /** @returns whether the new connection is kept; otherwise the caller closes it */
  admit(connection: C, owner: Owner): boolean {
    const tracked: TrackedConnection<C> = { connection, owner, requests: 0, bytesAtRest: 0 };
    const limit = this.ordinary.add(tracked);
    if (limit === 'churn' || (limit !== undefined && this.reserve.add(tracked) !== undefined)) return false;
    this.tracked.set(connection, tracked);
    return true;
  }

  /** Whether it was admitted above the maximum. */
  isReserved(connection: C): boolean {
    const tracked = this.tracked.get(connection);
    return tracked !== undefined && this.reserve.has(tracked);
  }

  /** Whether a request is in progress on it. */
  isBusy(connection: C): boolean {
    return (this.tracked.get(connection)?.requests ?? 0) > 0;
  }

  /**
   * A request was received. Each call is followed by one of {@link endRequest} or {@link remove}.
   * @returns why it is not to be served, unless it is a probe; undefined when it is
   */
  beginRequest(connection: C): Refusal | undefined {
    const tracked = this.tracked.get(connection);
    if (!tracked) return undefined; // Closed in the same turn.
    let refusal: Refusal | undefined;
    if (this.reserve.has(tracked)) {
      // There may be room by now.
      const limit = this.ordinary.add(tracked);
      if (limit === undefined) this.reserve.remove(tracked);
      else refusal = limit === 'full' ? 'full' : 'client';
    }
    tracked.requests++;
    this.poolOf(tracked).begin(tracked);
    return tracked.requests > this.maxPipelined ? 'pipelining' : refusal;
  }

  /** The request's response was sent. */
  endRequest(connection: C): void {
    const tracked = this.tracked.get(connection);
    if (!tracked || tracked.requests === 0) return;
    tracked.requests--;
    if (tracked.requests === 0) this.poolOf(tracked).rest(tracked);
  }

  /** The connection was closed. May be called more than once. */
  remove(connection: C): void {
    const tracked = this.tracked.get(connection);
    if (!tracked) return;
    this.poolOf(tracked).remove(tracked);
    this.tracked.delete(connection);
  }

  private poolOf(tracked: TrackedConnection<C>): ConnectionPool<C> {
    return this.reserve.has(tracked) ? this.reserve : this.ordinary;
  }
}
