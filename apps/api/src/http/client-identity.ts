import type { HttpConfig } from '#config';
import { clientKey } from '#lifecycle';
import type { Logger } from '#observability';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, RequestHandler, Response } from 'express';

/** Accepts X-Forwarded-For from the trusted proxies only. */
export function trustProxies(app: NestExpressApplication, { trustedProxies }: HttpConfig): void {
  app.set('trust proxy', [...trustedProxies]);
}

/** Notes whose request each one is, for limits that hold for each client and for a fair order between them. */
export function identifyClients(logger: Logger): RequestHandler {
  let isTold = false;
  return (request: Request, response: Response, next: NextFunction): void => {
    const { remoteAddress } = request.socket;
    response.locals.client = clientKey(request.ip) ?? clientKey(remoteAddress) ?? 'unknown';
    // What a trusted proxy forwards has another address than its connection.
    if (!isTold && request.headers['x-forwarded-for'] !== undefined && request.ip === remoteAddress) {
      isTold = true;
      logger.warn(
        { address: remoteAddress },
        'X-Forwarded-For came from an address that TRUSTED_PROXIES does not name: all that it forwards counts as one client',
      );
    }
    next();
  };
}

/**
 * Whose request it is: the address that it came from, of IPv6 the network. Accounts take its place when there are any.
 * Only to be compared: it is personal data, so no label, no log line and no answer tells it.
 */
export function clientOf(response: Response): string {
  return response.locals.client as string;
}
