import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { AppConfig } from '#config';
import { ConnectionGate, strictExpress } from '#lifecycle';
import type { HttpMetrics } from '#observability';
import type { Express, NextFunction, Request, Response } from 'express';
import { allowedMethods, methodNotAllowed } from './allowed-methods.js';
import { earlyRefusal } from './early-refusal.js';
import { listenerRule, type RequestRule, wantsBody } from './request-rules.js';
import { hasBody } from './unread-requests.js';

/** How often connections are checked against their time limits. */
const CHECK_EVERY_MS = 1_000;
/** Of a listener for probes and scrapes alone. */
const OPERATIONS_CONNECTIONS = 64;

/** An address that the API listens on, and what holds for the requests that come there. */
export interface Listener {
  /** Every interface of the machine when undefined. */
  readonly host?: string;
  readonly port: number;
  readonly server: Server;
  readonly gate: ConnectionGate;
  /** Why a request is refused before its body and its route are looked at. */
  readonly rule: RequestRule;
}

/** Strict Express on servers that give no client more time, headers or connections than the settings allow. */
export class BoundedExpressAdapter extends ExpressAdapter {
  /** The public one last: a process is taken for ready when it listens there. */
  readonly listeners: Listener[] = [];
  private readonly origins = new WeakMap<IncomingMessage, Listener>();
  private metrics!: HttpMetrics;
  private refuse!: ReturnType<typeof earlyRefusal>;

  constructor(private readonly api: AppConfig['api']) {
    super(strictExpress());
  }

  /** Sets where it counts, before it listens: Nest creates the servers before it can inject anything. */
  countIn(metrics: HttpMetrics): void {
    this.metrics = metrics;
    this.refuse = earlyRefusal(metrics);
  }

  override initHttpServer(): void {
    const { host, port, operations, http } = this.api;
    if (operations) {
      const maxConnections = OPERATIONS_CONNECTIONS;
      this.open({ ...operations, isOperational: true, maxConnections, maxPerClient: maxConnections });
    }
    const maxPerClient = http.maxConnectionsPerClient;
    const { server } = this.open({ host, port, maxConnections: http.maxConnections, maxPerClient });
    this.setHttpServer(server);
  }

  /** Answers a path of another method with 405, or 204 for OPTIONS (RFC 9110, sections 9.3.7 and 15.5.6); `unknown` answers the rest. */
  override setNotFoundHandler(unknown: (request: Request, response: Response, next: NextFunction) => void): void {
    const express = this.getInstance<Express>();
    this.use((request: Request, response: Response, next: NextFunction) => {
      const allowed = allowedMethods(express, request.path);
      if (allowed.length === 0) return unknown(request, response, next);
      response.setHeader('Allow', allowed.join(', '));
      if (request.method === 'OPTIONS') response.status(204).end();
      else next(methodNotAllowed(request.method, allowed));
    });
  }

  /** Where a request came from. */
  listenerOf(request: IncomingMessage): Listener {
    return this.origins.get(request)!;
  }

  private open(address: {
    readonly host?: string;
    readonly port: number;
    readonly isOperational?: boolean;
    readonly maxConnections: number;
    readonly maxPerClient: number;
  }): Listener {
    const { host, port, maxConnections, maxPerClient } = address;
    const express = this.getInstance<Express>();
    const gate = new ConnectionGate({
      maxConnections,
      maxPerClient,
      isProxy: (from) => (express.get('trust proxy fn') as (address: string, hop: number) => boolean)(from, 0),
      onClosed: (reason) => this.metrics.connectionClosed(reason),
    });
    const rule = listenerRule(this.api, { host, isOperational: address.isOperational === true, gate });
    const server = createBoundedServer(this.api.http, gate, rule, (request, response) => {
      // One with a body is read a little further, or its answer would be lost.
      const refusal = gate.hasRoomFor(request) || hasBody(request) ? undefined : rule(request);
      if (refusal) return this.refuse(request, response, refusal);
      this.origins.set(request, listener);
      (express as unknown as RequestListener)(request, response);
    });
    const listener: Listener = { host, port, server, gate, rule };
    this.listeners.push(listener);
    return listener;
  }
}

function createBoundedServer(
  http: AppConfig['api']['http'],
  gate: ConnectionGate,
  rule: RequestRule,
  app: RequestListener,
): Server {
  const listener = gate.guarded(app);
  const server = createServer(
    {
      requestTimeout: http.requestTimeoutMs,
      headersTimeout: http.headersTimeoutMs,
      keepAliveTimeout: http.keepAliveMs,
      connectionsCheckingInterval: CHECK_EVERY_MS,
      requireHostHeader: false, // By the rules, in our own words.
    },
    listener,
  );
  gate.watch(server);
  server.timeout = http.answerStallMs;
  // A client that has ended its side after the request (nc -N) still reads. The property is not in Node's documentation.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (!gate.begin(request, response)) return;
    if (wantsBody(request, rule)) response.writeContinue();
    app(request, response);
  });
  // Node would answer 417 without a body; the rules do it in our form.
  server.on('checkExpectation', listener);
  return server;
}
