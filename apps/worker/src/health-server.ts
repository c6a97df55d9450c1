import { createServer, type RequestListener } from 'node:http';
import { ConnectionGate, strictExpress } from '#lifecycle';
import { ExpressAdapter } from '@nestjs/platform-express';

/** Enough for probes and scrapes; nothing else is served. */
const MAX_CONNECTIONS = 64;
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** Longer than Prometheus waits between two scrapes, so that it can keep its connection. */
const KEEP_ALIVE_MS = 75_000;
const STALL_MS = 30_000;

/** Strict Express on a server for health and metrics that no client can block for others. */
export class HealthExpressAdapter extends ExpressAdapter {
  constructor() {
    super(strictExpress());
  }

  override initHttpServer(): void {
    const gate = new ConnectionGate({ maxConnections: MAX_CONNECTIONS, maxPerClient: MAX_CONNECTIONS });
    const timeouts = {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 1_000,
    };
    const server = createServer(timeouts, gate.guarded(this.getInstance<RequestListener>()));
    server.timeout = STALL_MS;
    gate.watch(server);
    this.setHttpServer(server);
  }
}
