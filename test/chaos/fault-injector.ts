import type { FaultProxy } from '../support/fault-proxy.js';
import type { SeededRandom } from './seeded-random.js';
import type { ManagedProcess } from './managed-process.js';
import type { ChaosDeployment } from './chaos-deployment.js';

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

interface Fault {
  readonly name: string;
  /** How often it comes, beside the others. */
  readonly weight: number;
  /** Makes the fault and ends it. */
  readonly run: () => Promise<void>;
}

/** Kills, freezes, restarts and cuts parts of a deployment one after another, at random. */
export class FaultInjector {
  /** How often each kind has happened. */
  readonly counts = new Map<string, number>();
  private readonly faults: readonly Fault[];
  private stopped = false;
  private running = Promise.resolve();

  constructor(
    private readonly environment: ChaosDeployment,
    private readonly random: SeededRandom,
    private readonly log: (line: string) => void,
  ) {
    this.faults = [...this.ofProcesses(), ...this.ofServers(), ...this.ofNetwork()];
  }

  start(): void {
    this.running = this.goOn();
  }

  /** Ends the current fault and starts no more. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
    await this.environment.healNetwork();
  }

  private async goOn(): Promise<void> {
    while (!this.stopped) {
      await pause(this.random.between(300, 1500));
      if (this.stopped) return;
      const { name, run } = this.draw();
      this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
      this.log(name);
      await run();
    }
  }

  private draw(): Fault {
    const total = this.faults.reduce((sum, { weight }) => sum + weight, 0);
    let left = this.random.next() * total;
    return this.faults.find(({ weight }) => (left -= weight) < 0)!;
  }

  private ofProcesses(): Fault[] {
    const { apis, workers } = this.environment;
    const again = (processes: readonly ManagedProcess[], signal: 'SIGTERM' | 'SIGKILL') => async (): Promise<void> => {
      const process = this.random.pick(processes);
      await process.stop(signal);
      await pause(this.random.between(0, 1500));
      process.start();
    };
    return [
      { name: 'worker killed', weight: 5, run: again(workers, 'SIGKILL') },
      { name: 'worker restarted', weight: 3, run: again(workers, 'SIGTERM') },
      {
        name: 'worker frozen past its lease',
        weight: 3,
        run: () => this.freeze(this.random.pick(workers), 3500, 6000),
      },
      { name: 'render process killed', weight: 3, run: () => this.random.pick(workers).killChildren() },
      { name: 'API killed', weight: 3, run: again(apis, 'SIGKILL') },
      { name: 'API restarted', weight: 2, run: again(apis, 'SIGTERM') },
      { name: 'API frozen', weight: 1, run: () => this.freeze(this.random.pick(apis), 500, 2500) },
    ];
  }

  private ofServers(): Fault[] {
    const { postgres, redis, storage, proxies } = this.environment;
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

  private ofNetwork(): Fault[] {
    return Object.entries(this.environment.proxies).flatMap(([server, proxy]) => [
      { name: `${server} cut off`, weight: 1, run: () => this.disturb(proxy, 'down') },
      { name: `${server} frozen`, weight: 1, run: () => this.disturb(proxy, 'blackhole') },
      { name: `${server} connections reset`, weight: 1, run: async () => proxy.cut() },
      { name: `${server} slow`, weight: 1, run: () => this.slowDown(proxy) },
    ]);
  }

  private async freeze(process: ManagedProcess, low: number, high: number): Promise<void> {
    process.signal('SIGSTOP');
    await pause(this.random.between(low, high));
    process.signal('SIGCONT');
  }

  private async restart(server: { kill(): Promise<void>; run(): Promise<void> }): Promise<void> {
    await server.kill();
    await pause(this.random.between(0, 2000));
    await server.run();
  }

  private async disturb(proxy: FaultProxy, fault: 'down' | 'blackhole'): Promise<void> {
    await proxy.inject(fault);
    await pause(this.random.between(500, 4000));
    await proxy.heal();
  }

  private async slowDown(proxy: FaultProxy): Promise<void> {
    proxy.slowDown(this.random.between(20, 200));
    await pause(this.random.between(500, 3000));
    await proxy.heal();
  }
}
