import type { FaultProxy } from '../support/fault-proxy.js';
import type { Chance } from './seeded-random.js';
import type { Member } from './managed-process.js';
import type { World } from './chaos-deployment.js';

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

interface Trouble {
  readonly name: string;
  /** How often it comes, beside the others. */
  readonly weight: number;
  /** Makes the trouble and ends it. */
  readonly run: () => Promise<void>;
}

/** Kills, freezes, restarts and cuts parts of a world one after another, as chance has it. */
export class TroubleMaker {
  /** How often each kind has happened. */
  readonly counts = new Map<string, number>();
  private readonly troubles: readonly Trouble[];
  private stopped = false;
  private running = Promise.resolve();

  constructor(
    private readonly world: World,
    private readonly chance: Chance,
    private readonly tell: (line: string) => void,
  ) {
    this.troubles = [...this.ofProcesses(), ...this.ofServers(), ...this.ofNetwork()];
  }

  start(): void {
    this.running = this.goOn();
  }

  /** Ends the trouble under way and makes no more. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
    await this.world.healNetwork();
  }

  private async goOn(): Promise<void> {
    while (!this.stopped) {
      await pause(this.chance.between(300, 1500));
      if (this.stopped) return;
      const { name, run } = this.draw();
      this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
      this.tell(name);
      await run();
    }
  }

  private draw(): Trouble {
    const total = this.troubles.reduce((sum, { weight }) => sum + weight, 0);
    let left = this.chance.next() * total;
    return this.troubles.find(({ weight }) => (left -= weight) < 0)!;
  }

  private ofProcesses(): Trouble[] {
    const { apis, workers } = this.world;
    const again = (members: readonly Member[], signal: 'SIGTERM' | 'SIGKILL') => async (): Promise<void> => {
      const member = this.chance.pick(members);
      await member.stop(signal);
      await pause(this.chance.between(0, 1500));
      member.start();
    };
    return [
      { name: 'worker killed', weight: 5, run: again(workers, 'SIGKILL') },
      { name: 'worker restarted', weight: 3, run: again(workers, 'SIGTERM') },
      {
        name: 'worker frozen past its lease',
        weight: 3,
        run: () => this.freeze(this.chance.pick(workers), 3500, 6000),
      },
      { name: 'render process killed', weight: 3, run: () => this.chance.pick(workers).killChildren() },
      { name: 'API killed', weight: 3, run: again(apis, 'SIGKILL') },
      { name: 'API restarted', weight: 2, run: again(apis, 'SIGTERM') },
      { name: 'API frozen', weight: 1, run: () => this.freeze(this.chance.pick(apis), 500, 2500) },
    ];
  }

  private ofServers(): Trouble[] {
    const { postgres, redis, storage, proxies } = this.world;
    return [
      { name: 'Redis emptied', weight: 2, run: async () => void (await redis.command('FLUSHALL')) },
      { name: 'Redis killed and started again', weight: 2, run: () => this.restart(redis) },
      { name: 'object storage killed and started again', weight: 2, run: () => this.restart(storage) },
      {
        name: 'PostgreSQL killed and started again',
        weight: 1,
        run: async () => {
          await this.restart(postgres);
          proxies.database.redirect(postgres.config);
        },
      },
    ];
  }

  private ofNetwork(): Trouble[] {
    return Object.entries(this.world.proxies).flatMap(([server, proxy]) => [
      { name: `${server} cut off`, weight: 1, run: () => this.disturb(proxy, 'away') },
      { name: `${server} frozen`, weight: 1, run: () => this.disturb(proxy, 'blackhole') },
      { name: `${server} connections reset`, weight: 1, run: async () => proxy.cut() },
      { name: `${server} slow`, weight: 1, run: () => this.slowDown(proxy) },
    ]);
  }

  private async freeze(member: Member, low: number, high: number): Promise<void> {
    member.signal('SIGSTOP');
    await pause(this.chance.between(low, high));
    member.signal('SIGCONT');
  }

  private async restart(server: { kill(): Promise<void>; run(): Promise<void> }): Promise<void> {
    await server.kill();
    await pause(this.chance.between(0, 2000));
    await server.run();
  }

  private async disturb(proxy: FaultProxy, fault: 'away' | 'blackhole'): Promise<void> {
    await proxy.inject(fault);
    await pause(this.chance.between(500, 4000));
    await proxy.heal();
  }

  private async slowDown(proxy: FaultProxy): Promise<void> {
    proxy.slowDown(this.chance.between(20, 200));
    await pause(this.chance.between(500, 3000));
    await proxy.heal();
  }
}
