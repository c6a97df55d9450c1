import { randomUUID } from 'node:crypto';
import { withLogFields } from '#observability';
import type { NextFunction, Request, Response } from 'express';

const ACCEPTABLE = /^[\w.:-]{1,128}$/;

/** Gives every request an id: the client's `X-Request-Id` when it is a plain token, else a new one; echoed back, and in every log line of it. */
export function assignRequestId(request: Request, response: Response, next: NextFunction): void {
  const id = acceptableRequestId(request.get('x-request-id')) ?? randomUUID();
  response.locals.requestId = id;
  response.setHeader('X-Request-Id', id);
  withLogFields({ request_id: id }, next);
}

export function requestIdOf(response: Response): string {
  return response.locals.requestId as string;
}

/** @returns undefined for what is no plain token */
export function acceptableRequestId(offered: string | string[] | undefined): string | undefined {
  return typeof offered === 'string' && ACCEPTABLE.test(offered) ? offered : undefined;
}
