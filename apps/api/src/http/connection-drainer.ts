import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NextFunction, Request, Response } from 'express';

/** For the request of a connection that was made just before the end. */
const ARRIVAL_MS = 1_000;

/** The requests that a process is answering, and the orderly end of it. */
export class ConnectionDrainer {
  private readonly responses = new Set<Response>();
  private stopping = false;
  private closing = false;

  /** Whether the server is stopping, and should get no more traffic. */
  get draining(): boolean {
    return this.stopping;
  }

  /** Middleware that sees every request. */
  readonly track = (_request: Request, response: Response, next: NextFunction): void => {
    this.responses.add(response);
    response.once('close', () => this.responses.delete(response));
    // Socket time-outs come here while a request is open; Node closes idle connections.
    response.on('timeout', (socket: Socket) => {
      if (socket.writableLength > 0) socket.destroy();
    });
    if (this.closing) response.setHeader('Connection', 'close');
    next();
  };

  /** The request of this connection whose answer has not begun. */
  unansweredOn(socket: Socket): Response | undefined {
    return [...this.responses].find((response) => response.socket === socket && !response.headersSent);
  }

  /** Whether an answer is on its way through this connection, so that nothing else may be written into it. */
  isAnswering(socket: Socket): boolean {
    return [...this.responses].some((response) => response.socket === socket && response.headersSent);
  }

  /**
   * Before the end: everything is still answered for `ms`, but the server reports that it is not ready, and each
   * answer is the last of its connection. A client that heeds both is elsewhere when the end comes.
   */
  async startDraining(ms: number): Promise<void> {
    this.stopping = true;
    this.closing = true;
    await sleep(ms);
  }

  /**
   * Ends the servers while others answer on their ports: the service stays ready. Connections are kept for `lingerMs`, so
   * that those in use end with an answer of their own and no request meets a closing connection.
   */
  async drainForReplacement(servers: readonly Server[], lingerMs: number, graceMs: number): Promise<void> {
    this.closing = true;
    await sleep(lingerMs);
    await this.finish(servers, Date.now() + graceMs);
  }

  /**
   * Closes the servers: requests in progress are answered, each the last of its connection; what is not done after `graceMs`
   * is cut. New connections are taken until the previous requests are answered, so that readiness can be asked.
   */
  async drain(servers: readonly Server[], graceMs: number): Promise<void> {
    this.stopping = true;
    this.closing = true;
    const deadline = Date.now() + graceMs;
    const before = [...this.responses];
    this.beLast(before);
    for (const server of servers) server.closeIdleConnections();
    await allClosed(before, deadline);
    await this.finish(servers, deadline);
  }

  private async finish(servers: readonly Server[], deadline: number): Promise<void> {
    this.beLast([...this.responses]);
    const closed = Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
    await Promise.race([closed, sleep(Math.min(ARRIVAL_MS, deadline - Date.now()), undefined, { ref: false })]);
    await allClosed([...this.responses], deadline);
    for (const server of servers) server.closeAllConnections();
    await closed;
  }

  private beLast(responses: readonly Response[]): void {
    for (const response of responses) if (!response.headersSent) response.setHeader('Connection', 'close');
  }
}

async function allClosed(responses: readonly Response[], deadline: number): Promise<void> {
  const late = new AbortController();
  const closed = responses
    .filter((response) => !response.closed)
    .map((response) => new Promise((resolve) => response.once('close', resolve)));
  const timer = sleep(Math.max(0, deadline - Date.now()), undefined, { signal: late.signal }).catch(() => {});
  await Promise.race([Promise.all(closed), timer]);
  late.abort();
}
