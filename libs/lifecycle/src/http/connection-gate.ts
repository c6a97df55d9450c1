import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { clientKey } from './client-key.js';
import { ConnectionLimits, type Refusal } from './connection-limits.js';
import type { Eviction } from './connection-pool.js';

/** Connections of each server above its maximum, for probes and scrapes while all others are busy. */
export const RESERVED_CONNECTIONS = 32;
/** What a client that waits for each answer never has; those that pipeline have few. */
const MAX_PIPELINED = 16;
/** For the headers of a request on one of the reserve. */
const RESERVE_HEADERS_MS = 2_000;

export interface ConnectionGateOptions {
  readonly maxConnections: number;
  readonly maxPerClient: number;
  /** Whether an address is a trusted proxy's. */
  readonly isProxy?: (address: string) => boolean;
  /** Notified of each connection that was closed for the limits; `refused` is one that was not even admitted. */
  readonly onClosed?: (reason: Eviction | 'refused') => void;
}

/** Holds the connections of an HTTP server to {@link ConnectionLimits}, in place of `server.maxConnections`. */
export class ConnectionGate {
  private readonly limits: ConnectionLimits<Socket>;
  private readonly refusals = new WeakMap<IncomingMessage, Refusal>();
  private readonly responses = new WeakMap<Socket, Set<ServerResponse>>();
  /** The last response of these is a refusal: what comes after it is not looked at. */
  private readonly ending = new WeakSet<Socket>();

  constructor(private readonly options: ConnectionGateOptions) {
    const { maxConnections, maxPerClient, onClosed } = options;
    this.limits = new ConnectionLimits({
      maxConnections,
      maxPerClient,
      reserve: RESERVED_CONNECTIONS,
      maxPipelined: MAX_PIPELINED,
      onEviction: onClosed,
    });
  }

  /** Watches the connections of the server; its requests must come through {@link begin} or {@link guarded}. */
  watch(server: Server): void {
    // Before Node's own listener, for which a connection that is destroyed already is nothing unusual.
    server.prependListener('connection', (socket: Socket) => this.admit(socket));
  }

  /** A listener that drops the requests that are not to be looked at. */
  guarded(listener: RequestListener): RequestListener {
    return (request, response) => {
      if (this.begin(request, response)) listener(request, response);
    };
  }

  /** Notes that a request is in progress. @returns false when it is not to be looked at: its connection is ending */
  begin(request: IncomingMessage, response: ServerResponse): boolean {
    const { socket } = request;
    if (this.ending.has(socket)) return false;
    const refusal = this.limits.beginRequest(socket);
    if (refusal) this.refusals.set(request, refusal);
    if (refusal === 'pipelining') this.ending.add(socket);
    const open = this.responses.get(socket);
    open?.add(response);
    response.once('close', () => {
      open?.delete(response);
      this.limits.endRequest(socket);
    });
    return true;
  }

  /** Why a request is not to be served, unless a probe sent it; a probe's may only be refused for pipelining. */
  refusalOf(request: IncomingMessage): Refusal | undefined {
    return this.refusals.get(request);
  }

  /** Whether a request came on a connection that there is room for; when not, only a probe's is served. */
  hasRoomFor(request: IncomingMessage): boolean {
    const refusal = this.refusals.get(request);
    return refusal !== 'full' && refusal !== 'client';
  }

  /** Whether the connection of a request was admitted above the maximum. */
  isReserved({ socket }: IncomingMessage): boolean {
    return this.limits.isReserved(socket);
  }

  private admit(socket: Socket): void {
    const { remoteAddress: address = '' } = socket;
    const isProxy = this.options.isProxy?.(address) ?? false;
    if (!this.limits.admit(socket, { client: clientKey(address) ?? address, isProxy })) {
      this.options.onClosed?.('refused');
      socket.destroy();
      return;
    }
    this.responses.set(socket, new Set());
    socket.once('close', () => this.closed(socket));
    if (this.limits.isReserved(socket)) this.hurry(socket);
  }

  /** A connection of the reserve that sends no request soon gives its place to others. */
  private hurry(socket: Socket): void {
    const timer = setTimeout(() => {
      if (this.limits.isReserved(socket) && !this.limits.isBusy(socket)) socket.destroy();
    }, RESERVE_HEADERS_MS);
    socket.once('close', () => clearTimeout(timer));
  }

  private closed(socket: Socket): void {
    this.limits.remove(socket);
    // Node notifies only the first response of a connection that it has closed: those of requests that were pipelined behind
    // it would stay open for ever. After Node's own listeners.
    process.nextTick(() => {
      for (const response of this.responses.get(socket) ?? []) {
        if (response.closed) continue;
        response.destroy();
        response.emit('close');
      }
    });
  }
}
