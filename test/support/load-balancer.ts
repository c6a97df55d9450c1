import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const CHECK_EVERY_MS = 200;
/** Of checks that an upstream misses: one may be due to a busy machine. */
const TOO_MANY_MISSED = 2;

interface Upstream {
  readonly url: string;
  readonly agent: Agent;
  /** Checks in a row that it did not pass. */
  missed: number;
}

const isReady = ({ missed }: Upstream): boolean => missed < TOO_MANY_MISSED;

/**
 * A load balancer as simple as there are: it asks each upstream for its readiness five times a second, sends requests
 * to the ready ones in turn through connections that it keeps, and never tries a request again.
 */
export class LoadBalancer {
  /** Requests that no upstream answered, each with what went wrong. */
  readonly failures: string[] = [];
  private readonly stopped = new AbortController();
  private checking = Promise.resolve();
  private next = 0;

  private constructor(
    private readonly server: Server,
    private readonly upstreams: readonly Upstream[],
  ) {
    server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => this.pass(incoming, outgoing));
    this.checking = this.check();
  }

  static async open(urls: readonly string[], port: number): Promise<LoadBalancer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const upstreams = urls.map((url) => ({ url, agent: new Agent({ keepAlive: true }), missed: TOO_MANY_MISSED }));
    return new LoadBalancer(server, upstreams);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  isReady(url: string): boolean {
    return this.upstreams.some((upstream) => upstream.url === url && isReady(upstream));
  }

  async close(): Promise<void> {
    this.stopped.abort();
    await this.checking;
    for (const { agent } of this.upstreams) agent.destroy();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async check(): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      await Promise.all(
        this.upstreams.map(async (upstream) => {
          // On a connection of its own, as the checks of real ones are.
          const asked = fetch(`${upstream.url}/health/readiness`, { headers: { connection: 'close' } });
          const passed = await asked.then(
            ({ ok }) => ok,
            () => false,
          );
          upstream.missed = passed ? 0 : upstream.missed + 1;
        }),
      );
      await sleep(CHECK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private pass(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const ready = this.upstreams.filter(isReady);
    const fail = (reason: string): void => {
      this.failures.push(`${incoming.method} ${incoming.url}: ${reason}`);
      if (outgoing.headersSent) outgoing.destroy();
      else outgoing.writeHead(502).end();
    };
    if (ready.length === 0) return fail('no upstream is ready');
    const { url, agent } = ready[this.next++ % ready.length];
    const { connection: _, ...headers } = incoming.headers;
    const onward = request(new URL(incoming.url!, url), { method: incoming.method, headers, agent });
    onward.on('error', (error) => fail(`${url} ${error.message}`));
    onward.on('response', (answer) => {
      const { connection: _hop, 'keep-alive': _too, ...rest } = answer.headers;
      outgoing.writeHead(answer.statusCode!, rest);
      answer.on('error', (error) => fail(`${url} ${error.message}`));
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  }
}
