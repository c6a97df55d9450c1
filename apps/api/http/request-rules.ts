import type { IncomingMessage } from 'node:http';
import { RequestError } from '#core';
import type { NextFunction, Request, Response } from 'express';
import { MAX_BODY_BYTES, MAX_UPLOAD_BYTES } from './unread-body.js';

/** Refuses what no client of HTTP/1.1 sends, and expectations that we do not meet (RFC 9110, section 10.1.1; RFC 9112, section 3.2). */
export function checkRequest(request: Request, _response: Response, next: NextFunction): void {
  next(requestRefusal(request));
}

function requestRefusal(request: IncomingMessage): RequestError | undefined {
  const { headers, httpVersion, rawHeaders } = request;
  if (httpVersion !== '1.1') return undefined;
  const hosts = rawHeaders.filter((name, i) => i % 2 === 0 && name.toLowerCase() === 'host').length;
  if (hosts === 0) return new RequestError('invalid_request', 'Missing Host header');
  if (hosts > 1) return new RequestError('invalid_request', 'Host header given more than once');
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') {
    return new RequestError('expectation_failed', 'Unknown expectation', {
      explanation: 'Send the request without the header Expect, or with Expect: 100-continue',
    });
  }
  return undefined;
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
      explanation: 'Send the body as it is, not compressed',
      details: [{ field: name, message: `Must be ${known} or left out` }],
    });
  }
  return Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES ? tooLarge() : undefined;
}

/** Whether a client that asks before it sends its body (`Expect: 100-continue`) gets a 100. */
export function wantsBody(request: IncomingMessage): boolean {
  return requestRefusal(request) === undefined && bodyRefusal(request) === undefined;
}

export function tooLarge(): RequestError {
  return new RequestError('payload_too_large', 'File too large (maximum 50MB)', {
    details: [{ field: 'file', message: `The limit is ${MAX_UPLOAD_BYTES} bytes` }],
  });
}
