import type { Lane, Refusal } from './fair-queue.js';
import { FairScheduler, type SchedulerLimits, WorkRefused } from './fair-scheduler.js';

const LIMITS: SchedulerLimits = {
  slots: { all: 2, cheap: 1, costly: 1 },
  slotsPerClient: 2,
  room: { cheap: { all: 8, perClient: 5 }, costly: { all: 4, perClient: 3 } },
  budget: { capacity: 10, refillMs: 10_000 },
  costlySeconds: 1,
  maxWaitMs: 5_000,
  preemptMs: 1_000,
  finishMs: 300,
};

/** A scheduler whose work ends on request. */
class Bench {
  readonly began: string[] = [];
  readonly ended: string[] = [];
  readonly seen: string[] = [];
  readonly scheduler: FairScheduler;
  private readonly ends = new Map<string, () => void>();

  constructor(limits: Partial<SchedulerLimits> = {}) {
    this.scheduler = new FairScheduler(
      { ...LIMITS, ...limits },
      {
        onStart: (lane: Lane) => this.seen.push(`start ${lane}`),
        onRefusal: (refusal: Refusal) => this.seen.push(refusal),
        onWithdrawal: () => this.seen.push('withdrawal'),
        onPreemption: () => this.seen.push('preemption'),
      },
    );
  }

  /** @param name begins with the letter of its client */
  run(name: string, { seconds = 0.1, signal }: { seconds?: number; signal?: AbortSignal } = {}): Promise<string> {
    const run = this.scheduler.run({ client: name[0], seconds, signal }, (ending) => {
      this.began.push(name);
      return new Promise<string>((resolve, reject) => {
        this.ends.set(name, () => resolve(name));
        ending.addEventListener('abort', () => reject(ending.reason as Error));
      });
    });
    run.then(
      (done) => this.ended.push(done),
      () => undefined,
    );
    return run;
  }

  async end(name: string): Promise<void> {
    this.ends.get(name)!();
    await settle();
  }
}

const settle = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await Promise.resolve();
};

describe('a fair scheduler', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('runs the work of clients in turn and cheap work beside costly work', async () => {
    const bench = new Bench();
    for (const name of ['a1', 'a2', 'a3', 'b1']) void bench.run(name);
    for (const name of ['a4', 'b2']) void bench.run(name, { seconds: 2 });
    for (const name of ['a1', 'b1', 'a2', 'a3', 'a4', 'b2']) await bench.end(name);
    expect(bench.began).toEqual(['a1', 'a4', 'b1', 'a2', 'a3', 'b2']);
    expect(bench.ended).toHaveLength(6);
  });

  it('never begins work whose client has gone, and ends what runs', async () => {
    const bench = new Bench();
    const [first, second] = [new AbortController(), new AbortController()];
    const running = bench.run('a1', { signal: first.signal });
    const waiting = bench.run('a2', { signal: second.signal });
    void bench.run('a3');
    second.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    first.abort(new Error('gone too'));
    jest.advanceTimersByTime(299);
    await settle();
    // What is nearly done is cheaper to finish than to end.
    expect(bench.began).toEqual(['a1']);
    jest.advanceTimersByTime(1);
    await expect(running).rejects.toThrow('gone too');
    await settle();
    await expect(bench.run('a4', { signal: first.signal })).rejects.toThrow('gone too');
    expect(bench.began).toEqual(['a1', 'a3']);
    expect(bench.seen).toEqual(['start cheap', 'withdrawal', 'withdrawal', 'start cheap']);
  });

  it('ends costly work at once when its client has gone, and gives nothing back of what it would have taken', async () => {
    const bench = new Bench();
    const leave = new AbortController();
    void bench.run('b1');
    await bench.end('b1');
    const gone = bench.run('a1', { seconds: 25, signal: leave.signal });
    leave.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    await expect(bench.run('a2')).rejects.toMatchObject({ refusal: 'client_budget' });
    expect(() => bench.scheduler.assertBudget('a')).toThrow(WorkRefused);
    expect(() => bench.scheduler.assertBudget('b')).not.toThrow();
  });

  it('lets nothing wait too long', async () => {
    const bench = new Bench();
    void bench.run('a1');
    const late = bench.run('a2');
    jest.advanceTimersByTime(5_000);
    await expect(late).rejects.toMatchObject({ refusal: 'waited_too_long' });
    await bench.end('a1');
    expect(bench.began).toEqual(['a1']);
  });

  it('begins cheap work that was none again in the costly lane when another client waits for its slot', async () => {
    const bench = new Bench();
    void bench.run('a1');
    void bench.run('a2');
    jest.advanceTimersByTime(3_000);
    await settle();
    // Its own client may wait for it.
    expect(bench.began).toEqual(['a1']);
    void bench.run('b1');
    await settle();
    expect(bench.began).toEqual(['a1', 'b1', 'a1']);
    expect(bench.seen.filter((what) => what !== 'start cheap')).toEqual(['preemption', 'start costly']);
    for (const name of ['b1', 'a1', 'a2']) await bench.end(name);
    expect(bench.ended.sort()).toEqual(['a1', 'a2', 'b1']);
  });

  it('lets cheap work have its time before it makes way', async () => {
    const bench = new Bench();
    void bench.run('a1');
    void bench.run('b1');
    jest.advanceTimersByTime(999);
    await settle();
    expect(bench.began).toEqual(['a1']);
    jest.advanceTimersByTime(1);
    await settle();
    expect(bench.began).toEqual(['a1', 'b1', 'a1']);
  });

  it('charges what work took, also when its client has gone', async () => {
    const bench = new Bench();
    const leave = new AbortController();
    void bench.run('b1', { seconds: 2 });
    await bench.end('b1');
    const gone = bench.run('a1', { seconds: 2, signal: leave.signal });
    jest.advanceTimersByTime(25_000);
    leave.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    await settle();
    void bench.run('b2');
    const refused = bench.run('a2');
    await expect(refused).rejects.toThrow(WorkRefused);
    await expect(refused).rejects.toMatchObject({ refusal: 'client_budget', retryAfterSeconds: 13 });
  });
});
