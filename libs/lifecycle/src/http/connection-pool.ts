/** What limits need of a connection; a `net.Socket` is one. */
export interface LimitedConnection {
  /** Bytes received so far. */
  readonly bytesRead: number;
  destroy(): unknown;
}

/** Whom a connection is counted against. */
export interface Owner {
  readonly client: string;
  /** A trusted proxy: its connections carry the requests of many clients. */
  readonly isProxy: boolean;
}

/** A connection was closed while it was idle, or while the headers of a request were awaited. */
export type Eviction = 'idle' | 'headers';

/** A connection and what it does. */
export interface TrackedConnection<C> {
  readonly connection: C;
  readonly owner: Owner;
  /** In progress. */
  requests: number;
  /** Received when its last response had been sent: any more belong to the next request. */
  bytesAtRest: number;
}

/** The connections of one client that may be closed are in two orders, the longest waiting first. */
interface Holder<C> {
  readonly owner: Owner;
  readonly all: Set<TrackedConnection<C>>;
  /** Its last request was answered, and no byte of a next one is known. */
  readonly idle: Set<TrackedConnection<C>>;
  /** Not one request has arrived, or bytes of the next one have. */
  readonly arriving: Set<TrackedConnection<C>>;
  /** How many of its own connections new ones may still replace. */
  readonly replacements: Bucket;
  /** How many beyond its limit still get a refusal. */
  readonly refusals: Bucket;
}

interface Bucket {
  tokens: number;
  /** In milliseconds. */
  filledAt: number;
}

/** New connections of a client at its limit that take the place of its own within a second; more are too costly to serve. */
const REPLACED_PER_SECOND = 50;
/** Further ones that are still answered, if only with a refusal. */
const REFUSED_PER_SECOND = 200;

/** Connections up to a limit, in all and of each client. A new one takes the place of one without a request. */
export class ConnectionPool<C extends LimitedConnection> {
  private readonly holders = new Map<string, Holder<C>>();
  private size = 0;

  constructor(
    private readonly limit: number,
    private readonly limitPerClient: number,
    private readonly evict: (tracked: TrackedConnection<C>, eviction: Eviction) => void,
    /** Whether a client at its limit may replace its own at a limited rate. */
    private readonly isChurnBounded = true,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * @returns undefined when it was added, else which limit is reached: by connections that all have requests in progress, or
   *   by a client that replaces its own too often; `churn` when it has been refused too often as well
   */
  add(tracked: TrackedConnection<C>): 'client' | 'full' | 'churn' | undefined {
    const { owner } = tracked;
    const own = this.holders.get(owner.client);
    if (own && !owner.isProxy && own.all.size >= this.limitPerClient) {
      if (!this.mayReplace(own) || !this.closeOne(own)) {
        return this.take(own.refusals, REFUSED_PER_SECOND) ? 'client' : 'churn';
      }
    } else if (this.size >= this.limit && !this.closeAny()) return 'full';
    // It may have been removed with its last connection.
    const holder = own ?? newHolder<C>(owner);
    this.holders.set(owner.client, holder);
    holder.all.add(tracked);
    holder.arriving.add(tracked);
    this.size++;
    return undefined;
  }

  has(tracked: TrackedConnection<C>): boolean {
    return this.holders.get(tracked.owner.client)?.all.has(tracked) === true;
  }

  remove(tracked: TrackedConnection<C>): void {
    const holder = this.holders.get(tracked.owner.client);
    if (!holder?.all.delete(tracked)) return;
    holder.idle.delete(tracked);
    holder.arriving.delete(tracked);
    this.size--;
    if (holder.all.size === 0) this.holders.delete(tracked.owner.client);
  }

  /** A request is in progress: it is not closed until {@link rest}. */
  begin(tracked: TrackedConnection<C>): void {
    const holder = this.holders.get(tracked.owner.client);
    holder?.idle.delete(tracked);
    holder?.arriving.delete(tracked);
  }

  /** Every request was answered. */
  rest(tracked: TrackedConnection<C>): void {
    tracked.bytesAtRest = tracked.connection.bytesRead;
    this.holders.get(tracked.owner.client)?.idle.add(tracked);
  }

  /** A token bucket that fills within a second. */
  private mayReplace(holder: Holder<C>): boolean {
    return !this.isChurnBounded || this.take(holder.replacements, REPLACED_PER_SECOND);
  }

  private take(bucket: Bucket, perSecond: number): boolean {
    const now = this.now();
    bucket.tokens = Math.min(perSecond, bucket.tokens + ((now - bucket.filledAt) / 1_000) * perSecond);
    bucket.filledAt = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  /** Of the client with the most connections; of a proxy only when no other client has one to close. */
  private closeAny(): boolean {
    let best: Holder<C> | undefined;
    for (const holder of this.holders.values()) {
      if (holder.idle.size + holder.arriving.size > 0 && (!best || isPreferred(holder, best))) best = holder;
    }
    return best !== undefined && this.closeOne(best);
  }

  /** The one that has been idle longest, else the one whose headers have taken longest. */
  private closeOne(holder: Holder<C>): boolean {
    for (const tracked of holder.idle) {
      if (tracked.connection.bytesRead === tracked.bytesAtRest) return this.close(tracked, 'idle');
      // The next request has begun; when, is not known.
      holder.idle.delete(tracked);
      holder.arriving.add(tracked);
    }
    for (const tracked of holder.arriving) return this.close(tracked, 'headers');
    return false;
  }

  private close(tracked: TrackedConnection<C>, eviction: Eviction): true {
    this.remove(tracked);
    // A connection on which nothing was ever sent is idle too, for those who read the numbers.
    this.evict(tracked, eviction === 'headers' && tracked.connection.bytesRead === 0 ? 'idle' : eviction);
    return true;
  }
}

function newHolder<C>(owner: Owner): Holder<C> {
  const sets = {
    all: new Set<TrackedConnection<C>>(),
    idle: new Set<TrackedConnection<C>>(),
    arriving: new Set<TrackedConnection<C>>(),
  };
  return {
    owner,
    ...sets,
    replacements: { tokens: REPLACED_PER_SECOND, filledAt: 0 },
    refusals: { tokens: REFUSED_PER_SECOND, filledAt: 0 },
  };
}

function isPreferred<C>(holder: Holder<C>, than: Holder<C>): boolean {
  if (holder.owner.isProxy !== than.owner.isProxy) return than.owner.isProxy;
  return holder.all.size > than.all.size;
}
