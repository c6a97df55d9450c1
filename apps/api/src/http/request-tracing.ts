import type { Telemetry } from '#observability';
import type { RequestHandler } from 'express';
import { isProbe } from './probes.js';
import type { RequestContext } from './request-context.js';
import { answeredStatus, routeTemplate } from './request-observer.js';

/** Makes each request a span under its route's template, within the caller's trace if its headers have one. */
export function traceRequests(telemetry: Telemetry, context: RequestContext): RequestHandler {
  return (request, response, next) => {
    if (isProbe(request.path)) return next();
    const { method, path } = request;
    const span = telemetry.begin(method, {
      kind: 'server',
      parent: request.get('traceparent'),
      // The query is left out: that of a stored file's link is a key to it.
      attributes: { 'http.request.method': method, 'url.path': path, 'request.id': context.requestId },
    });
    response.once('close', () => {
      const [endpoint, status] = [routeTemplate(request), answeredStatus(response)];
      span.rename(`${method} ${endpoint}`);
      span.set({ 'http.route': endpoint, 'http.response.status_code': status });
      if (status >= 500) span.fail();
      span.end();
    });
    telemetry.within(span, next);
  };
}
