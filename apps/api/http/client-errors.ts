import { randomUUID } from 'node:crypto';
import { type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Logger } from '#observability';
import type { ErrorBody } from './error.filter.js';
import type { OpenRequests } from './open-requests.js';

const STATUS_OF: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};
/** Long enough for the answer to leave before the connection is cut. */
const LINGER_MS = 1_000;

/** Gives what never became a request, or not in time, the same error body as everything else. */
export function answerClientErrors(server: Server, requests: OpenRequests, logger: Logger): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable) return;
    if (error.code === 'ECONNRESET' || requests.isAnswering(socket)) {
      socket.destroy();
      return;
    }
    const status = STATUS_OF[error.code ?? ''] ?? 400;
    const request_id = randomUUID();
    logger.info({ request_id, status, code: error.code }, 'No complete request came');
    socket.end(rawAnswer({ error: STATUS_CODES[status]!, status, request_id }));
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
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
    'Connection: close',
    '',
    json,
  ].join('\r\n');
}
