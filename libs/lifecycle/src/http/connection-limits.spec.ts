import fc from 'fast-check';
import { ConnectionLimits } from './connection-limits.js';
import type { Eviction } from './connection-pool.js';

class Connection {
  bytesRead = 0;
  closed = false;
  isRefused = false;

  constructor(readonly client: string) {}

  destroy(): void {
    this.closed = true;
  }
}

interface Wanted {
  readonly maxConnections?: number;
  readonly maxPerClient?: number;
  readonly reserve?: number;
}

/** Limits, and what tests do with the connections under them. */
class Server {
  readonly evictions: Eviction[] = [];
  nowMs = 0;
  readonly limits: ConnectionLimits<Connection>;

  constructor({ maxConnections = 4, maxPerClient = 100, reserve = 0 }: Wanted) {
    const onEviction = (eviction: Eviction): number => this.evictions.push(eviction);
    this.limits = new ConnectionLimits({
      maxConnections,
      maxPerClient,
      reserve,
      maxPipelined: 2,
      onEviction,
      now: () => this.nowMs,
    });
  }

  /** A new connection; closed when it is refused. */
  connect(client: string, isProxy = false): Connection {
    const connection = new Connection(client);
    connection.isRefused = !this.limits.admit(connection, { client, isProxy });
    if (connection.isRefused) connection.destroy();
    return connection;
  }

  begin(connection: Connection) {
    connection.bytesRead += 100;
    return this.limits.beginRequest(connection);
  }

  /** One that has had its answer. */
  idle(client: string, isProxy = false): Connection {
    const connection = this.connect(client, isProxy);
    this.begin(connection);
    this.limits.endRequest(connection);
    return connection;
  }

  busy(client: string): Connection {
    const connection = this.connect(client);
    this.begin(connection);
    return connection;
  }
}

const open = (connections: readonly Connection[]): boolean[] => connections.map(({ closed }) => !closed);

describe('connection limits', () => {
  it('close the longest idle connection for a new one, of the client with the most', () => {
    const server = new Server({});
    const all = [server.idle('b'), ...['a', 'a', 'a'].map((client) => server.idle(client))];
    // The first of "a" is used again: the second is now idle for longest.
    server.begin(all[1]);
    server.limits.endRequest(all[1]);
    expect(server.connect('c').closed).toBe(false);
    expect(open(all)).toEqual([true, true, false, true]);
  });

  it('close no connection while there is room', () => {
    const server = new Server({});
    const all = Array.from({ length: 4 }, () => server.idle('a'));
    expect(open(all)).toEqual([true, true, true, true]);
    expect(server.evictions).toEqual([]);
  });

  it('never close one with a request in progress, and refuse when there is no other', () => {
    const server = new Server({});
    const all = Array.from({ length: 4 }, () => server.busy('a'));
    expect(server.connect('b').closed).toBe(true);
    expect(open(all)).toEqual([true, true, true, true]);
    server.limits.endRequest(all[2]);
    expect(server.connect('b').closed).toBe(false);
    expect(open(all)).toEqual([true, true, false, true]);
  });

  it('close the slowest in sending headers when none is idle', () => {
    const server = new Server({});
    const begun = server.idle('a');
    const [silent, slow] = [server.connect('a'), server.connect('a')];
    slow.bytesRead = 10;
    begun.bytesRead += 10;
    server.busy('a');
    expect(server.connect('b').closed).toBe(false);
    expect(open([begun, silent, slow])).toEqual([true, false, true]);
    server.connect('c');
    expect(open([begun, slow])).toEqual([true, false]);
    server.connect('d');
    expect(begun.closed).toBe(true);
    expect(server.evictions).toEqual(['idle', 'headers', 'headers']);
  });

  it('let a client that holds its share have a new connection for its own longest idle one', () => {
    const server = new Server({ maxConnections: 10, maxPerClient: 2 });
    const [first, second, other] = [server.idle('a'), server.idle('a'), server.idle('b')];
    const third = server.connect('a');
    expect(open([first, second, other, third])).toEqual([false, true, true, true]);
  });

  it('let no client replace its connections again and again', () => {
    const server = new Server({ maxConnections: 10, maxPerClient: 1 });
    const kept = (): number =>
      Array.from({ length: 60 }, () => server.idle('a')).filter(({ isRefused }) => !isRefused).length;
    server.idle('a');
    expect(kept()).toBe(50);
    expect(server.connect('b').closed).toBe(false);
    server.nowMs += 100;
    expect(kept()).toBe(5);
  });

  it('bound the refusals that they answer to it', () => {
    const server = new Server({ maxConnections: 10, maxPerClient: 1, reserve: 1_000 });
    server.busy('a');
    const admitted = (): number => Array.from({ length: 600 }, () => server.connect('a')).filter(isAdmitted).length;
    const isAdmitted = ({ isRefused }: Connection): boolean => !isRefused;
    // Those that looked for one to replace are among them.
    expect(admitted()).toBe(200);
    server.nowMs += 500;
    expect(admitted()).toBe(100);
    expect(isAdmitted(server.connect('b'))).toBe(true);
  });

  it('refuse a client whose share is busy, and no other', () => {
    const server = new Server({ maxConnections: 10, maxPerClient: 2, reserve: 1 });
    server.busy('a');
    server.busy('a');
    const third = server.connect('a');
    expect(server.limits.isReserved(third)).toBe(true);
    expect(server.begin(third)).toBe('client');
    expect(server.begin(server.connect('b'))).toBeUndefined();
  });

  it('hold a proxy to no share, and close its connections last', () => {
    const server = new Server({ maxPerClient: 1 });
    const proxy = [server.idle('proxy', true), server.idle('proxy', true), server.idle('proxy', true)];
    const client = server.idle('a');
    expect(server.connect('b').closed).toBe(false);
    expect(client.closed).toBe(true);
    expect(open(proxy)).toEqual([true, true, true]);
  });

  it('admit a few above the maximum, for the sake of what they may ask, and serve them once there is room', () => {
    const server = new Server({ maxConnections: 1, reserve: 2 });
    const busy = server.busy('a');
    const [probe, late, slow] = [server.connect('b'), server.connect('b'), server.connect('b')];
    // The one that has waited longest left its place.
    expect(open([probe, late, slow])).toEqual([false, true, true]);
    expect(server.begin(late)).toBe('full');
    server.limits.remove(busy);
    expect(server.begin(slow)).toBeUndefined();
    expect(server.limits.isReserved(slow)).toBe(false);
  });

  it('count the requests of a connection that are in progress at once', () => {
    const server = new Server({});
    const connection = server.connect('a');
    expect([1, 2, 3].map(() => server.begin(connection))).toEqual([undefined, undefined, 'pipelining']);
    // Busy until the last is answered.
    for (let i = 0; i < 2; i++) server.limits.endRequest(connection);
    expect(server.limits.isBusy(connection)).toBe(true);
    server.limits.endRequest(connection);
    expect(server.limits.isBusy(connection)).toBe(false);
  });

  it('hold whatever clients do', () => {
    const client = fc.constantFrom('a', 'b', 'c', 'proxy');
    const step = fc.oneof(
      fc.record({ kind: fc.constant('connect' as const), client }),
      fc.record({ kind: fc.constantFrom('begin', 'end', 'send', 'close'), which: fc.nat(20) }),
    );
    const limits = fc.record({
      maxConnections: fc.integer({ min: 1, max: 6 }),
      maxPerClient: fc.integer({ min: 1, max: 4 }),
      reserve: fc.integer({ min: 0, max: 2 }),
    });
    fc.assert(
      fc.property(limits, fc.array(step, { maxLength: 80 }), (wanted, steps) => {
        const server = new Server(wanted);
        let all: Connection[] = [];
        const requests = new Map<Connection, number>();
        const isBusy = (connection: Connection): boolean => (requests.get(connection) ?? 0) > 0;
        for (const step of steps) {
          const busy = all.filter(isBusy);
          if ('client' in step) {
            const restful = all.filter((connection) => !isBusy(connection));
            const isProxy = step.client === 'proxy';
            const connection = server.connect(step.client, isProxy);
            // It is let in whenever one without a request could make room for it.
            if (isProxy && restful.length > 0) expect(connection.closed).toBe(false);
            all.push(connection);
          } else if (all.length > 0) {
            const connection = all[step.which % all.length];
            const count = requests.get(connection) ?? 0;
            if (step.kind === 'begin') {
              server.begin(connection);
              requests.set(connection, count + 1);
            } else if (step.kind === 'send') connection.bytesRead++;
            else if (step.kind === 'end' && count > 0) {
              server.limits.endRequest(connection);
              requests.set(connection, count - 1);
            } else if (step.kind === 'close') {
              connection.closed = true;
              requests.delete(connection);
              server.limits.remove(connection);
            }
          }
          // No request in progress was cut, other than by its client.
          for (const connection of busy) if (requests.has(connection)) expect(connection.closed).toBe(false);
          all = all.filter(({ closed }) => !closed);
          expect(server.limits.size).toBe(all.length);
          expect(all.length).toBeLessThanOrEqual(wanted.maxConnections + wanted.reserve);
          const ordinary = all.filter((connection) => !server.limits.isReserved(connection));
          expect(ordinary.length).toBeLessThanOrEqual(wanted.maxConnections);
          for (const name of ['a', 'b', 'c']) {
            const own = ordinary.filter((connection) => connection.client === name);
            expect(own.length).toBeLessThanOrEqual(wanted.maxPerClient);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
