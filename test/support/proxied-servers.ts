import { ApiClient, type Answer } from './client.js';
import { Deployment, type DeploymentOptions } from './deployment.js';
import { FaultProxy } from './fault-proxy.js';
import { startStopwatch } from './stopwatch.js';
import { addressOf } from './servers.js';

/** An answer, and how long its client would have waited for it on a free machine. */
export type TimedAnswer = Answer & { readonly milliseconds: number };

export async function timed(request: () => Promise<Answer>): Promise<TimedAnswer> {
  const elapsed = startStopwatch();
  const answer = await request();
  return { ...answer, milliseconds: elapsed() };
}

/** What the API guarantees for every answer while a server is down. */
export const ANSWER_MS = 2_000;

/** A deployment that reaches each of its servers through a fault proxy. */
export class ProxiedServers {
  private constructor(
    readonly database: FaultProxy,
    readonly redis: FaultProxy,
    readonly storage: FaultProxy,
    readonly deployment: Deployment,
    readonly client: ApiClient,
    /** Where the storage proxy leads, unless it is redirected. */
    readonly storageAddress: { readonly host: string; readonly port: number },
  ) {}

  static async prepare(options: Partial<DeploymentOptions> = {}): Promise<ProxiedServers> {
    const [database, redis, storage] = await Promise.all([
      FaultProxy.open(options.database ?? addressOf('database')),
      FaultProxy.open(options.redis ?? addressOf('redis')),
      FaultProxy.open(addressOf('storage')),
    ]);
    const deployment = await Deployment.prepare({
      queue: 'redis',
      storage: 's3',
      lockSeconds: 2,
      ...options,
      proxies: { database, redis, storage },
      env: { RECONCILE_SECONDS: '1', ...options.env },
    });
    const client = new ApiClient(deployment.apiUrl);
    return new ProxiedServers(database, redis, storage, deployment, client, addressOf('storage'));
  }

  get proxies(): FaultProxy[] {
    return [this.database, this.redis, this.storage];
  }

  async close(): Promise<void> {
    // Without leave: what is proven here is not how they stop.
    for (const program of this.deployment.programs) program.kill('SIGKILL');
    await this.deployment.close();
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
  }
}
