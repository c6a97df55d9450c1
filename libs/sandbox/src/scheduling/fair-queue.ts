import { ClientBudgets, type BudgetLimits } from './client-budgets.js';

/** Cheap work never waits for costly work. */
export const LANES = ['cheap', 'costly'] as const;
export type Lane = (typeof LANES)[number];

/** Work of a client that waits or runs. */
export interface Ticket {
  readonly client: string;
  lane: Lane;
  /** Processor seconds that it is expected to take. */
  readonly seconds: number;
}

export interface FairLimits {
  /** What runs at a time in all and in each lane; in the costly one fewer than in all. */
  readonly slots: Readonly<Record<Lane | 'all', number>>;
  /** What runs of one client while others wait for the same lane. */
  readonly slotsPerClient: number;
  readonly room: Readonly<Record<Lane, { readonly all: number; readonly perClient: number }>>;
  readonly budget: BudgetLimits;
}

/** Why a ticket is not taken: the client has its share, its budget is overdrawn, others wait already, or all do. */
export const REFUSALS = ['client_share', 'client_budget', 'crowded_out', 'full', 'waited_too_long'] as const;
export type Refusal = (typeof REFUSALS)[number];

export type Admission<T> =
  | { readonly admitted: true; /** Removed to make room. */ readonly evicted?: T }
  | { readonly admitted: false; readonly refusal: Refusal };

/** Other clients count as present for this long after they came. */
const PRESENCE_MS = 10_000;

/**
 * Who is next: round robin between clients, those within their budget first, in two lanes. It keeps no time of its own and
 * starts nothing; see {@link FairScheduler}.
 *
 * A client without competitors may use everything. When the room is full, the client with the most tickets loses its
 * newest to one that has fewer, so a new client finds room beside clients that flood the queue.
 */
export class FairQueue<T extends Ticket = Ticket> {
  readonly budgets: ClientBudgets;
  private readonly waiting: Record<Lane, T[]> = { cheap: [], costly: [] };
  private readonly running = new Set<T>();
  /** Clients by when they were last served, the latest at the end. */
  private readonly served = new Map<string, number>();
  private turn = 0;
  private latest?: { client: string; at: number };
  private latestOther?: { client: string; at: number };

  constructor(
    private readonly limits: FairLimits,
    private readonly now: () => number,
  ) {
    this.budgets = new ClientBudgets(limits.budget, now);
  }

  /** Lets a ticket wait for its turn, which may be immediately: {@link next} decides. */
  admit(ticket: T): Admission<T> {
    const { client, lane } = ticket;
    const isRefused = this.isRefused(client);
    this.notePresence(client);
    if (isRefused) return { admitted: false, refusal: 'client_budget' };
    if (this.hasFreeSlot(lane)) return this.add(ticket);
    const { all, perClient } = this.limits.room[lane];
    const own = this.waitingOf(client, lane);
    if (own >= perClient) return { admitted: false, refusal: 'client_share' };
    if (this.waiting[lane].length < all) return this.add(ticket);
    const victim = this.newestOfLargest(lane, own);
    if (!victim) return { admitted: false, refusal: 'full' };
    this.withdraw(victim);
    return { ...this.add(ticket), evicted: victim };
  }

  /** Whether a client has used so much more than its budget that others, who are there, come first. */
  isRefused(client: string): boolean {
    return this.isFarOver(client) && !this.isAlone(client);
  }

  /** Puts back what was running, into the costly lane: it has turned out to belong there. */
  demote(ticket: T): void {
    this.release(ticket);
    ticket.lane = 'costly';
    this.waiting.costly.push(ticket);
  }

  /** Takes the ticket whose turn it is, if a slot is free for it; it runs until {@link release}. */
  next(): T | undefined {
    const ticket = this.choose();
    if (!ticket) return undefined;
    this.withdraw(ticket);
    this.running.add(ticket);
    this.served.delete(ticket.client);
    this.served.set(ticket.client, ++this.turn);
    return ticket;
  }

  release(ticket: T): void {
    this.running.delete(ticket);
    this.forgetIdle();
  }

  /** @returns whether it was waiting */
  withdraw(ticket: T): boolean {
    const line = this.waiting[ticket.lane];
    const at = line.indexOf(ticket);
    if (at >= 0) line.splice(at, 1);
    return at >= 0;
  }

  get runningTickets(): Iterable<T> {
    return this.running;
  }

  count(lane: Lane, state: 'waiting' | 'running'): number {
    return state === 'waiting' ? this.waiting[lane].length : this.runningIn(lane);
  }

  /** Whether cheap work of a client waits that could run if `ticket` did not. */
  isInTheWay(ticket: T): boolean {
    if (ticket.lane !== 'cheap' || this.hasFreeSlot('cheap')) return false;
    return this.waiting.cheap.some(({ client }) => client !== ticket.client);
  }

  /** Seconds after which a refused client may come back. */
  retryAfterSeconds({ client, lane }: Ticket, refusal: Refusal): number {
    if (refusal === 'client_budget') return Math.max(1, Math.ceil(this.budgets.secondsUntil(client, 0)));
    const own = this.waiting[lane].filter((ticket) => ticket.client === client);
    const seconds = own.reduce((sum, ticket) => sum + ticket.seconds, 0);
    return Math.min(60, Math.max(1, Math.ceil(seconds)));
  }

  private add(ticket: T): { admitted: true } {
    this.waiting[ticket.lane].push(ticket);
    return { admitted: true };
  }

  private choose(): T | undefined {
    for (const lane of LANES) {
      if (!this.hasFreeSlot(lane)) continue;
      const ticket = this.chooseIn(lane);
      if (ticket) return ticket;
    }
    return undefined;
  }

  private hasFreeSlot(lane: Lane): boolean {
    const { slots } = this.limits;
    if (this.running.size >= slots.all || this.runningIn(lane) >= slots[lane]) return false;
    // The last slot is left to costly work when there is any, or it would never run beside endless cheap work.
    const isLast = this.running.size === slots.all - 1;
    return !(lane === 'cheap' && isLast && this.waiting.costly.length > 0 && this.runningIn('costly') === 0);
  }

  private chooseIn(lane: Lane): T | undefined {
    const rank = (client: string): number => {
      if (this.runningOf(client) >= this.limits.slotsPerClient) return 2;
      return this.budgets.balance(client) < 0 ? 1 : 0;
    };
    const firsts = new Map<string, T>();
    for (const ticket of this.waiting[lane]) if (!firsts.has(ticket.client)) firsts.set(ticket.client, ticket);
    const order = [...firsts.keys()].map((client) => ({
      client,
      rank: rank(client),
      turn: this.served.get(client) ?? 0,
    }));
    order.sort((a, b) => a.rank - b.rank || a.turn - b.turn);
    return order.length > 0 ? firsts.get(order[0].client) : undefined;
  }

  /** The newest ticket of the client that has the most waiting, if it has more than `own` and one. */
  private newestOfLargest(lane: Lane, own: number): T | undefined {
    const counts = new Map<string, number>();
    for (const { client } of this.waiting[lane]) counts.set(client, (counts.get(client) ?? 0) + 1);
    const [largest, most] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0]);
    return most > own + 1 ? this.waiting[lane].findLast(({ client }) => client === largest) : undefined;
  }

  private isFarOver(client: string): boolean {
    return this.budgets.balance(client) < -this.limits.budget.capacity;
  }

  private isAlone(client: string): boolean {
    const other = this.latest && this.latest.client !== client ? this.latest : this.latestOther;
    return !other || this.now() - other.at > PRESENCE_MS;
  }

  private notePresence(client: string): void {
    if (this.latest && this.latest.client !== client) this.latestOther = this.latest;
    this.latest = { client, at: this.now() };
  }

  private waitingOf(client: string, lane: Lane): number {
    return this.waiting[lane].filter((ticket) => ticket.client === client).length;
  }

  private runningOf(client: string): number {
    return [...this.running].filter((ticket) => ticket.client === client).length;
  }

  private runningIn(lane: Lane): number {
    return [...this.running].filter((ticket) => ticket.lane === lane).length;
  }

  /** The order of turns matters only between clients that have something here. */
  private forgetIdle(): void {
    if (this.waiting.cheap.length + this.waiting.costly.length + this.running.size === 0) this.served.clear();
    if (this.served.size <= 1_000) return;
    const present = new Set(
      [...this.running, ...this.waiting.cheap, ...this.waiting.costly].map(({ client }) => client),
    );
    for (const client of this.served.keys()) if (!present.has(client)) this.served.delete(client);
  }
}
