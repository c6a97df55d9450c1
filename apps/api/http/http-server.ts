import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { HttpConfig } from '#config';
import { RequestError } from '#core';
import type { NextFunction, Request, Response } from 'express';
import { MAX_BODY_BYTES } from './unread-body.js';

/** How often connections are checked against their time limits. */
const CHECK_EVERY_MS = 1_000;

/** Express on a server that gives no client more time, headers or connections than the settings say. */
export class BoundedExpressAdapter extends ExpressAdapter {
  constructor(private readonly http: HttpConfig) {
    super();
  }

  override initHttpServer(): void {
    this.setHttpServer(createBoundedServer(this.http, this.getInstance<RequestListener>()));
  }
}

/** Refuses what no client of HTTP/1.1 sends (RFC 9112, section 3.2). */
export function requireHost(request: Request, _response: Response, next: NextFunction): void {
  const isMissing = request.headers.host === undefined && request.httpVersion === '1.1';
  next(isMissing ? new RequestError('invalid_request', 'Missing Host header') : undefined);
}

function createBoundedServer(http: HttpConfig, listener: RequestListener): Server {
  const server = createServer(
    {
      requestTimeout: http.requestTimeoutMs,
      headersTimeout: http.headersTimeoutMs,
      keepAliveTimeout: http.keepAliveMs,
      connectionsCheckingInterval: CHECK_EVERY_MS,
      requireHostHeader: false, // By requireHost, in our own words.
    },
    listener,
  );
  server.maxConnections = http.maxConnections;
  server.timeout = http.answerStallMs;
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // A body that will be refused for its length is not asked for.
    if (Number(request.headers['content-length'] ?? 0) <= MAX_BODY_BYTES) response.writeContinue();
    server.emit('request', request, response);
  });
  return server;
}
