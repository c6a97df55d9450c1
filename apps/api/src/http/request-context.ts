import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { WorkContext } from '#observability';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { ClsService } from 'nestjs-cls';

const ACCEPTABLE = /^[\w.:-]{1,128}$/;

/** Who makes a request: the client's address, and one owner for all until requests carry an account. */
export interface Principal {
  /** The owner whose assets and renders the request may create and read. */
  readonly ownerId: string;
  /**
   * Key of the client, for limits that hold for each one and for a fair order between them: the address it came from, of
   * IPv6 the network. Only to be compared: it is personal data, so no label, no log line and no answer contains it.
   */
  readonly client: string;
}

interface RequestStore extends WorkContext {
  readonly requestId: string;
  readonly principal: Principal;
}

/** What everything done for a request may know of it without being handed it. Log fields and span are beside it in the store. */
@Injectable()
export class RequestContext {
  constructor(private readonly store: ClsService<RequestStore>) {}

  /** Does the work for a request, in a context of its own. */
  begin<T>(requestId: string, principal: Principal, work: () => T): T {
    return this.store.runWith({ requestId, principal, logFields: { request_id: requestId } }, work);
  }

  get requestId(): string {
    return this.store.get().requestId;
  }

  get principal(): Principal {
    return this.store.get().principal;
  }
}

/**
 * Begins the context of every request. Its id is the client's `X-Request-Id` when that is a plain token, else a new one;
 * it is echoed back, and in every log line of the request.
 */
export function beginContext(context: RequestContext, identify: (request: Request) => Principal): RequestHandler {
  return (request: Request, response: Response, next: NextFunction): void => {
    const requestId = acceptableRequestId(request.get('x-request-id')) ?? randomUUID();
    response.setHeader('X-Request-Id', requestId);
    context.begin(requestId, identify(request), next);
  };
}

/** For where there is a response but no context: at the socket, and in what its events cause. */
export function requestIdOf(response: Response): string {
  return response.getHeader('X-Request-Id') as string;
}

/** @returns undefined for what is no plain token */
export function acceptableRequestId(offered: string | string[] | undefined): string | undefined {
  return typeof offered === 'string' && ACCEPTABLE.test(offered) ? offered : undefined;
}
