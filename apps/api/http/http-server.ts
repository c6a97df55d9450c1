import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { HttpConfig } from '#config';
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

function createBoundedServer(http: HttpConfig, listener: RequestListener): Server {
  const server = createServer(
    {
      requestTimeout: http.requestTimeoutMs,
      headersTimeout: http.headersTimeoutMs,
      keepAliveTimeout: http.keepAliveMs,
      connectionsCheckingInterval: CHECK_EVERY_MS,
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
