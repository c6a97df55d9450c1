import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PopRenderError } from '#core';
import type { HttpMetrics } from '#observability';
import { bodyOf, retryAfterOf } from './error-body.js';
import { acceptableRequestId } from './request-context.js';

/**
 * Answers requests on connections that there is no room for, at the least cost: there may be thousands a second. The body and
 * the counts are those of every refusal; there is no log line.
 */
export function earlyRefusal(
  metrics: HttpMetrics,
): (request: IncomingMessage, response: ServerResponse, error: PopRenderError) => void {
  return (request, response, error) => {
    const request_id = acceptableRequestId(request.headers['x-request-id']) ?? randomUUID();
    const body = bodyOf(error);
    const json = JSON.stringify({ ...body, request_id });
    const status = String(body.status);
    const retryAfter = retryAfterOf(body.status, error.retryAfterSeconds);
    metrics.requests.inc({ method: request.method ?? 'unknown', endpoint: 'unmatched', status });
    metrics.errors.inc({ endpoint: 'unmatched', status });
    response.writeHead(body.status, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(json),
      'X-Content-Type-Options': 'nosniff',
      'X-Request-Id': request_id,
      ...(retryAfter ? { 'Retry-After': retryAfter } : {}),
      Connection: 'close',
    });
    response.end(json);
  };
}
