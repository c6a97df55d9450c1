import type { IncomingMessage } from 'node:http';
import type { AppConfig } from '#config';
import { OverloadError, type PopRenderError, RequestError } from '#core';
import type { ConnectionGate, Refusal } from '#lifecycle';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { crossSiteRule } from './cross-site.js';
import type { BoundedExpressAdapter } from './http-server.js';
import { loopbackHostRule } from './loopback-host.js';
import { isProbe, METRICS_PATH } from './probes.js';
import { MAX_BODY_BYTES, MAX_UPLOAD_BYTES } from './unread-requests.js';

/** Why a request is refused by its first lines, before its route is looked for; undefined when it is not. */
export type RequestRule = (request: IncomingMessage) => PopRenderError | undefined;

/** What is known of the listener that a request came to. */
export interface ListenerTraits {
  /** Address; every one of the machine when undefined. */
  readonly host?: string;
  /** Whether it is for probes and scrapes alone. */
  readonly isOperational: boolean;
  readonly gate: Pick<ConnectionGate, 'refusalOf'>;
}

/** The rules of a listener; the first that refuses decides. */
export function listenerRule({ http, operations }: AppConfig['api'], listener: ListenerTraits): RequestRule {
  const { host, isOperational, gate } = listener;
  const rules: (RequestRule | undefined)[] = [
    malformed,
    loopbackHostRule(host, http.publicUrl),
    (request) => overload(gate.refusalOf(request), isProbe(pathOf(request))),
    (request) => (isServed(pathOf(request), isOperational, operations !== undefined) ? undefined : notFound(request)),
    crossSiteRule(http),
  ];
  return (request) => {
    for (const rule of rules) {
      const refusal = rule?.(request);
      if (refusal) return refusal;
    }
    return undefined;
  };
}

/** Middleware that refuses requests by the rules of their listener. */
export function checkRequests(adapter: BoundedExpressAdapter): RequestHandler {
  return (request: Request, response: Response, next: NextFunction): void => {
    const { gate, rule } = adapter.listenerOf(request);
    if (gate.isReserved(request) || gate.refusalOf(request)) response.setHeader('Connection', 'close');
    next(rule(request));
  };
}

/** Refuses what no client of HTTP/1.1 sends, and expectations that we do not meet (RFC 9110, section 10.1.1; RFC 9112, section 3.2). */
function malformed({ headers, httpVersion, rawHeaders, url = '' }: IncomingMessage): RequestError | undefined {
  // Express would cut it off, and find another route than a proxy that does not.
  if (url.includes('#')) return new RequestError('invalid_request', 'The path must not have a fragment (#)');
  if (httpVersion !== '1.1') return undefined;
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts === 0) return new RequestError('invalid_request', 'Missing Host header');
  if (hosts > 1) return new RequestError('invalid_request', 'Host header given more than once');
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') {
    return new RequestError('expectation_failed', 'Unknown expectation', {
      hint: 'Send the request without the header Expect, or with Expect: 100-continue',
    });
  }
  return undefined;
}

/** Probes are served in any case: they ask whether the API lives. */
function overload(refusal: Refusal | undefined, isProbe: boolean): OverloadError | undefined {
  if (refusal === 'pipelining') {
    return new OverloadError('too_many_requests', 'Too many requests at once on one connection', {
      hint: 'Wait for answers before sending more requests on a connection.',
    });
  }
  if (refusal === undefined || isProbe) return undefined;
  if (refusal === 'full') return new OverloadError('overloaded', 'Too many connections at once');
  return new OverloadError('too_many_requests', 'Too many connections of one client', {
    hint: 'Wait for answers to requests in progress, or use fewer connections.',
  });
}

/** With a listener of their own, metrics are nowhere else; health is on both. */
function isServed(path: string, isOperational: boolean, hasOperations: boolean): boolean {
  return isOperational ? isProbe(path) : !(hasOperations && path === METRICS_PATH);
}

/** As for any path without a route. */
function notFound({ method, url }: IncomingMessage): RequestError {
  return new RequestError('not_found', 'Not Found', { hint: `Cannot ${method} ${url}` });
}

/** The path of a request, as it is written: without its query, and without scheme and host when the target is a whole URL. */
function pathOf({ url = '' }: IncomingMessage): string {
  return url.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i, '').split('?')[0];
}

/** Why a body is refused by its headers, before its first byte; undefined when it is not. */
export function bodyRefusal({ headers }: IncomingMessage): RequestError | undefined {
  const codings: [name: string, value: string | undefined, known: string][] = [
    ['Content-Encoding', headers['content-encoding'], 'identity'],
    ['Transfer-Encoding', headers['transfer-encoding'], 'chunked'],
  ];
  for (const [name, value, known] of codings) {
    if (value === undefined || value.trim().toLowerCase() === known) continue;
    return new RequestError('unsupported_encoding', `${name} is not supported`, {
      hint: 'Send the body as it is, not compressed',
      details: [{ field: name, message: `Must be ${known} or left out` }],
    });
  }
  return Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES ? tooLarge() : undefined;
}

/** Whether a client that asks before it sends its body (`Expect: 100-continue`) gets a 100. */
export function wantsBody(request: IncomingMessage, rule: RequestRule): boolean {
  return rule(request) === undefined && bodyRefusal(request) === undefined;
}

export function tooLarge(): RequestError {
  return new RequestError('payload_too_large', 'File too large (maximum 50MB)', {
    details: [{ field: 'file', message: `The limit is ${MAX_UPLOAD_BYTES} bytes` }],
  });
}
