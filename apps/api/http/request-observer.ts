import type { Logger } from '#observability';
import { httpMetrics } from '#observability';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { requestIdOf } from './request-context.js';

const QUIET = new Set(['/health', '/health/liveness', '/health/readiness', '/metrics']);

/** Counts, times and logs every answered request under its route's template: no ids in labels. */
export function observeRequests(logger: Logger): RequestHandler {
  const metrics = httpMetrics();
  return (request: Request, response: Response, next: NextFunction): void => {
    const start = process.hrtime.bigint();
    response.once('close', () => {
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      const endpoint = routeTemplate(request);
      const status = response.writableFinished ? String(response.statusCode) : '499';
      metrics.requests.inc({ method: request.method, endpoint, status });
      metrics.duration.observe({ method: request.method, endpoint }, seconds);
      if (Number(status) >= 400) metrics.errors.inc({ endpoint, status });
      logger[QUIET.has(endpoint) ? 'debug' : 'info'](
        {
          request_id: requestIdOf(response),
          method: request.method,
          endpoint,
          status: Number(status),
          duration_ms: Math.round(seconds * 1000),
        },
        'Request answered',
      );
    });
    next();
  };
}

/** `/v1/renders/{id}` for `/v1/renders/:id`; one label for everything that is no route. */
function routeTemplate(request: Request): string {
  const path = (request.route as { path?: unknown } | undefined)?.path;
  if (typeof path !== 'string' || path.startsWith('/{*') || path === '*') return 'unmatched';
  return path.replace(/[:*](\w+)/g, '{$1}');
}
