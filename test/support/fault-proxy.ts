import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What the wire does to a connection. `blackhole` takes bytes and answers nothing; `down` refuses connections. */
export type Fault = 'none' | 'down' | 'blackhole' | 'reset';

/** A TCP proxy on loopback whose wire can be cut, frozen or slowed down at any time, also for standing connections. */
export class FaultProxy {
  private readonly connections = new Set<Socket>();
  private fault: Fault = 'none';
  private latencyMs = 0;
  private connectDelayMs = 0;
  /** New connections that wait for {@link release}; undefined when none has to. */
  private held?: (() => void)[];
  /** Connections that clients have made so far. */
  accepted = 0;

  private constructor(
    private server: Server,
    private target: { readonly host: string; readonly port: number },
    readonly port: number,
  ) {}

  static async open(target: { host: string; port: number }): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true });
    const port = await listen(server, 0);
    const proxy = new FaultProxy(server, target, port);
    server.on('connection', (client) => proxy.accept(client));
    return proxy;
  }

  /** Lets everything through again, at once. */
  async heal(): Promise<void> {
    await this.inject('none');
    this.latencyMs = 0;
    this.connectDelayMs = 0;
    this.release();
  }

  async inject(fault: Fault): Promise<void> {
    const wasDown = this.fault === 'down';
    this.fault = fault;
    if (fault === 'down' && !wasDown) {
      // The server has closed once its last connection is cut.
      const closed = this.closeServer();
      this.cut();
      await closed;
    } else if (wasDown && fault !== 'down') {
      await this.reopen();
    }
    if (fault === 'reset') this.cut();
    // Bytes that a frozen wire has swallowed are gone: the connection cannot go on.
    if (fault === 'none') this.cut();
  }

  /** Leads new connections to another server. */
  redirect({ host, port }: { host: string; port: number }): void {
    this.target = { host, port };
  }

  /** Delays every chunk, in both directions. */
  slowDown(latencyMs: number): void {
    this.latencyMs = latencyMs;
  }

  /** Makes new connections slow to begin with; standing ones are as fast as ever. */
  slowConnecting(delayMs: number): void {
    this.connectDelayMs = delayMs;
  }

  /** Lets new connections wait until {@link release}. */
  hold(): void {
    this.held ??= [];
  }

  release(): void {
    for (const go of this.held ?? []) go();
    this.held = undefined;
  }

  /** Cuts the standing connections; new ones are let through. */
  cut(): void {
    for (const socket of this.connections) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.cut();
    await this.closeServer();
  }

  private accept(client: Socket): void {
    if (this.fault === 'reset') return void client.resetAndDestroy();
    this.accepted++;
    if (this.held === undefined && this.connectDelayMs === 0) return this.join(client);
    const go = (): void => void (client.destroyed || this.join(client));
    client.once('error', () => undefined);
    if (this.held) this.held.push(go);
    else setTimeout(go, this.connectDelayMs);
  }

  private join(client: Socket): void {
    const upstream = connect({ ...this.target, allowHalfOpen: true });
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.connections.add(from);
      from.setNoDelay(true);
      from.on('data', (chunk: Buffer) => this.pass(chunk, from, to));
      from.on('error', () => to.destroy());
      // What is still on its way arrives before the end does.
      from.once('end', () => setTimeout(() => to.end(), this.latencyMs));
      from.once('close', () => {
        this.connections.delete(from);
        setTimeout(() => to.destroySoon(), this.latencyMs);
      });
    }
  }

  private pass(chunk: Buffer, from: Socket, to: Socket): void {
    if (this.fault === 'blackhole') return;
    if (this.latencyMs > 0) {
      setTimeout(() => to.writable && to.write(chunk), this.latencyMs);
      return;
    }
    if (to.write(chunk)) return;
    from.pause();
    to.once('drain', () => from.resume());
  }

  private async reopen(): Promise<void> {
    this.server = createServer({ allowHalfOpen: true }, (client) => this.accept(client));
    await listen(this.server, this.port);
  }

  private closeServer(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
