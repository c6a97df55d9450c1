import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { HttpConfig } from '#config';
import { wantsBody } from './request-rules.js';

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

function createBoundedServer(http: HttpConfig, listener: RequestListener): Server {
  const server = createServer(
    {
      requestTimeout: http.requestTimeoutMs,
      headersTimeout: http.headersTimeoutMs,
      keepAliveTimeout: http.keepAliveMs,
      connectionsCheckingInterval: CHECK_EVERY_MS,
      requireHostHeader: false, // By checkRequest, in our own words.
    },
    listener,
  );
  server.maxConnections = http.maxConnections;
  server.timeout = http.answerStallMs;
  // A client that has ended its side after the request (nc -N) still reads. The property is not in Node's documentation.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (wantsBody(request)) response.writeContinue();
    server.emit('request', request, response);
  });
  // Node would answer 417 without a body; checkRequest does it in ours.
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    server.emit('request', request, response);
  });
  return server;
}
