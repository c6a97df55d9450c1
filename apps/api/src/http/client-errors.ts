import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpMetrics, Logger } from '#observability';
import type { ConnectionDrainer } from './connection-drainer.js';
import { codeOfStatus, type ErrorBody } from './error-body.js';
import { requestIdOf } from './request-context.js';
import { answeredOutside } from './request-observer.js';

/** What Node would answer; everything else is 400. */
const STATUS_OF: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};
/** Long enough for the answer to leave before the connection is cut. */
const LINGER_MS = 1_000;

/** Gives what never became a request, or not in time, the same error body as everything else, and counts it. */
export function answerClientErrors(
  server: Server,
  requests: ConnectionDrainer,
  metrics: HttpMetrics,
  logger: Logger,
): void {
  const refuse = (socket: Socket, status: number, method: string, code: string | undefined): void => {
    const response = requests.unansweredOn(socket);
    const request_id = response ? requestIdOf(response) : randomUUID();
    // A request that had begun is counted, under its route, when its connection has closed.
    if (response) answeredOutside(response, status);
    // A connection on which nothing ever came is no request: browsers and health checks open some in advance.
    else if (socket.bytesRead > 0) {
      metrics.requests.inc({ method, endpoint: 'unmatched', status: String(status) });
      metrics.errors.inc({ endpoint: 'unmatched', status: String(status) });
    }
    logger.info({ request_id, status, code }, 'No complete request came');
    socket.end(rawAnswer({ error: STATUS_CODES[status]!, status, code: codeOfStatus(status), request_id }));
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  };
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable) return;
    if (error.code === 'ECONNRESET' || requests.isAnswering(socket)) {
      socket.destroy();
      return;
    }
    refuse(socket, STATUS_OF[error.code ?? ''] ?? 400, 'unknown', error.code);
  });
  // Node would close the connection of one that asks for a tunnel without a word.
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => undefined); // Node has let go of the connection.
    refuse(socket, 405, 'CONNECT', undefined);
  });
}

function rawAnswer(body: ErrorBody): string {
  const json = JSON.stringify(body);
  return [
    `HTTP/1.1 ${body.status} ${body.error}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(json)}`,
    'X-Content-Type-Options: nosniff',
    `X-Request-Id: ${body.request_id}`,
    ...(body.status === 405 ? ['Allow: GET, HEAD, POST, OPTIONS'] : []),
    'Connection: close',
    '',
    json,
  ].join('\r\n');
}
