import fc from 'fast-check';
import { FairQueue, type FairLimits, type Lane, LANES, type Ticket } from './fair-queue.js';

const LIMITS: FairLimits = {
  slots: { all: 2, cheap: 2, costly: 1 },
  slotsPerClient: 2,
  room: { cheap: { all: 8, perClient: 5 }, costly: { all: 4, perClient: 3 } },
  budget: { capacity: 10, refillMs: 10_000 },
};

let now = 0;
beforeEach(() => (now = 0));

const ticket = (client: string, lane: Lane = 'cheap', seconds = 0.1): Ticket => ({ client, lane, seconds });
const open = (limits: Partial<FairLimits> = {}): FairQueue => new FairQueue({ ...LIMITS, ...limits }, () => now);

/** Starts all that can be started. */
function start(queue: FairQueue): Ticket[] {
  const started: Ticket[] = [];
  for (let next = queue.next(); next; next = queue.next()) started.push(next);
  return started;
}

function admitAll(queue: FairQueue, tickets: readonly Ticket[]): unknown[] {
  return tickets.map((one) => {
    const admission = queue.admit(one);
    return admission.admitted ? 'admitted' : admission.refusal;
  });
}

/** Clients in the order in which their tickets run, one after the other. */
function orderOf(queue: FairQueue): string[] {
  const clients: string[] = [];
  for (let next = queue.next(); next; next = queue.next()) {
    clients.push(next.client);
    queue.release(next);
  }
  return clients;
}

describe('a fair queue', () => {
  it('takes clients in turn, whatever their order and numbers', () => {
    const queue = open({ room: { cheap: { all: 20, perClient: 20 }, costly: { all: 1, perClient: 1 } } });
    admitAll(
      queue,
      ['a', 'a', 'a', 'a', 'b', 'b', 'c'].map((client) => ticket(client)),
    );
    expect(orderOf(queue).join('')).toBe('abcabaa');
  });

  it('lets one client use every slot while no other waits, and its share while one does', () => {
    const queue = open({ slots: { all: 4, cheap: 4, costly: 2 } });
    admitAll(queue, [ticket('a'), ticket('a'), ticket('a')]);
    expect(start(queue)).toHaveLength(3);
    admitAll(queue, [ticket('a'), ticket('b'), ticket('a')]);
    expect(start(queue).map(({ client }) => client)).toEqual(['b']);
  });

  it('never lets cheap work wait for costly work, nor costly work for endless cheap work', () => {
    const queue = open();
    admitAll(queue, [ticket('a', 'costly'), ticket('a', 'costly'), ticket('a'), ticket('a')]);
    expect(start(queue).map(({ lane }) => lane)).toEqual(['cheap', 'costly']);
  });

  it('puts a client that has overdrawn its budget behind the others, until it has refilled', () => {
    const queue = open();
    queue.budgets.spend('a', 11);
    admitAll(queue, [ticket('a'), ticket('b'), ticket('b')]);
    expect(orderOf(queue).join('')).toBe('bba');
    now += 2_000;
    admitAll(queue, [ticket('b'), ticket('a')]);
    expect(queue.budgets.balance('a')).toBe(1);
    expect(orderOf(queue).join('')).toContain('a');
  });

  it('refuses a client that is far over its budget, while others are there, with the time to retry after', () => {
    const queue = open();
    queue.budgets.spend('a', 25);
    expect(admitAll(queue, [ticket('a'), ticket('b'), ticket('a')])).toEqual(['admitted', 'admitted', 'client_budget']);
    expect(queue.retryAfterSeconds(ticket('a'), 'client_budget')).toBe(15);
    now += 10_001;
    expect(admitAll(queue, [ticket('a')])).toEqual(['admitted']);
  });

  it('gives each client its part of the room, and the room of the largest to those that come', () => {
    const queue = open();
    const fill = (client: string, count: number): unknown[] =>
      admitAll(
        queue,
        Array.from({ length: count }, () => ticket(client, 'costly')),
      );
    admitAll(queue, [ticket('a', 'costly')]);
    start(queue);
    expect(fill('a', 4)).toEqual(['admitted', 'admitted', 'admitted', 'client_share']);
    expect(fill('b', 1)).toEqual(['admitted']);
    const admission = queue.admit(ticket('c', 'costly'));
    expect(admission).toMatchObject({ admitted: true, evicted: { client: 'a' } });
    expect(fill('d', 1)).toEqual(['admitted']);
    // Now each has one: there is nothing left to take.
    expect(fill('e', 1)).toEqual(['full']);
  });

  it('forgets the budgets of clients that have not been there for long', () => {
    const { budgets } = open();
    for (let i = 0; i < 5_000; i++) {
      now += 100;
      budgets.spend(`client ${i}`, 1);
    }
    expect(budgets.size).toBeLessThan(2_000);
  });
});

interface Step {
  readonly kind: 'admit' | 'finish' | 'withdraw' | 'demote' | 'wait';
  readonly client: number;
  readonly lane: Lane;
  readonly pick: number;
}

const steps = fc.array(
  fc.record<Step>({
    kind: fc.constantFrom('admit', 'admit', 'admit', 'finish', 'finish', 'withdraw', 'demote', 'wait'),
    client: fc.nat(4),
    lane: fc.constantFrom(...LANES),
    pick: fc.nat(),
  }),
  { maxLength: 80 },
);

/** A queue with what became of every ticket, checked at each step. */
class Ledger {
  readonly queue: FairQueue;
  readonly waiting = new Set<Ticket>();
  readonly running = new Set<Ticket>();
  readonly gone = new Set<Ticket>();

  constructor(private readonly limits: FairLimits) {
    this.queue = new FairQueue(limits, () => now);
  }

  apply({ kind, client, lane, pick }: Step): void {
    const chosen = (from: Set<Ticket>): Ticket | undefined => [...from][pick % Math.max(1, from.size)];
    const running = chosen(this.running);
    const waiting = chosen(this.waiting);
    if (kind === 'wait') now += pick % 5_000;
    if (kind === 'admit') this.admit(ticket(`client ${client}`, lane, 1));
    if (kind === 'finish' && running) {
      this.queue.release(running);
      this.queue.budgets.spend(running.client, 1);
      this.move(running, this.running, this.gone);
    }
    if (kind === 'demote' && running) {
      this.queue.demote(running);
      this.move(running, this.running, this.waiting);
    }
    if (kind === 'withdraw' && waiting) {
      expect(this.queue.withdraw(waiting)).toBe(true);
      this.move(waiting, this.waiting, this.gone);
    }
    this.dispatch();
  }

  private admit(one: Ticket): void {
    const admission = this.queue.admit(one);
    if (!admission.admitted) return void this.gone.add(one);
    this.waiting.add(one);
    if (admission.evicted) {
      const count = (client: string): number =>
        [...this.waiting].filter((other) => other.lane === one.lane && other.client === client).length;
      expect(count(admission.evicted.client)).toBeGreaterThan(count(one.client));
      this.move(admission.evicted, this.waiting, this.gone);
    }
  }

  private dispatch(): void {
    for (let next = this.queue.next(); next; next = this.queue.next()) {
      const { client, lane } = next;
      const own = [...this.running].filter((other) => other.client === client).length;
      const others = [...this.waiting].filter((other) => other.lane === lane && other.client !== client);
      const couldRun = others.some(
        (other) => [...this.running].filter((one) => one.client === other.client).length < this.limits.slotsPerClient,
      );
      // No client gets more than its share while another one waits that has less.
      expect(own >= this.limits.slotsPerClient && couldRun).toBe(false);
      this.move(next, this.waiting, this.running);
    }
    this.check();
  }

  private check(): void {
    const count = (tickets: Set<Ticket>, lane: Lane): number => [...tickets].filter((one) => one.lane === lane).length;
    const { slots } = this.limits;
    expect(this.running.size).toBeLessThanOrEqual(slots.all);
    for (const lane of LANES) {
      expect(count(this.running, lane)).toBeLessThanOrEqual(slots[lane]);
      expect(this.queue.count(lane, 'running')).toBe(count(this.running, lane));
      expect(this.queue.count(lane, 'waiting')).toBe(count(this.waiting, lane));
      // Cheap work waits for cheap work only; costly work for a slot only.
      const isFull = lane === 'costly' && this.running.size === slots.all;
      if (count(this.waiting, lane) > 0 && !isFull) expect(count(this.running, lane)).toBeGreaterThan(0);
    }
  }

  private move(one: Ticket, from: Set<Ticket>, to: Set<Ticket>): void {
    expect(from.delete(one)).toBe(true);
    to.add(one);
  }
}

const SIZES = [
  { all: 2, cheap: 1, costly: 1 },
  { all: 2, cheap: 2, costly: 1 },
  { all: 5, cheap: 5, costly: 2 },
];

it('a fair queue keeps every slot and ticket, whatever happens in whichever order', () => {
  fc.assert(
    fc.property(steps, fc.constantFrom(...SIZES), fc.integer({ min: 1, max: 3 }), (all, slots, slotsPerClient) => {
      now = 0;
      const ledger = new Ledger({ ...LIMITS, slots, slotsPerClient });
      for (const step of all) ledger.apply(step);
    }),
    { numRuns: 300 },
  );
});

it('a fair queue starves no client: before its ticket there is at most one of each other client', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...LANES),
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 }),
      (lane, floods) => {
        now = 0;
        const room = { all: 1_000, perClient: 1_000 };
        const queue = open({ room: { cheap: room, costly: room } });
        floods.forEach((count, client) => {
          for (let i = 0; i < count; i++) queue.admit(ticket(`flood ${client}`, lane));
        });
        const running = start(queue);
        const honest = ticket('honest', lane);
        expect(queue.admit(honest).admitted).toBe(true);
        running.push(...start(queue));
        let before = 0;
        while (!running.includes(honest)) {
          queue.release(running.shift()!);
          const started = start(queue);
          running.push(...started);
          if (!started.includes(honest)) before++;
          expect(before).toBeLessThanOrEqual(floods.length);
        }
      },
    ),
  );
});
