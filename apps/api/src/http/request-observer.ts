import { AsyncResource } from 'node:async_hooks';
import type { HttpMetrics, Logger } from '#observability';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { isProbe } from './probes.js';

/** Counts, times and logs every answered request under its route's template: no ids in labels. */
export function observeRequests(metrics: HttpMetrics, logger: Logger): RequestHandler {
  return (request: Request, response: Response, next: NextFunction): void => {
    const start = process.hrtime.bigint();
    const answered = (): void => {
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      const endpoint = routeTemplate(request);
      const status = String(answeredStatus(response));
      metrics.requests.inc({ method: request.method, endpoint, status });
      metrics.duration.observe({ method: request.method, endpoint }, seconds);
      if (Number(status) >= 400) metrics.errors.inc({ endpoint, status });
      logger[isProbe(endpoint) ? 'debug' : 'info'](
        {
          method: request.method,
          endpoint,
          status: Number(status),
          duration_ms: Math.round(seconds * 1000),
        },
        'Request answered',
      );
    };
    // The event comes from the connection, which knows nothing of the request.
    response.once('close', AsyncResource.bind(answered));
    next();
  };
}

/** Notes the status of an answer that was written past the response. */
export function answeredOutside(response: Response, status: number): void {
  response.locals.answeredOutside = status;
}

/** The status that was answered; 499 when the client did not wait for it. */
export function answeredStatus(response: Response): number {
  const outside = response.locals.answeredOutside as number | undefined;
  return outside ?? (response.writableFinished ? response.statusCode : 499);
}

/** `/v1/renders/{id}` for `/v1/renders/:id`; one label for everything that is no route. */
export function routeTemplate(request: Request): string {
  const path = (request.route as { path?: unknown } | undefined)?.path;
  if (typeof path !== 'string' || path.startsWith('/{*') || path === '*') return 'unmatched';
  return path.replace(/[:*](\w+)/g, '{$1}');
}
