import type { HttpConfig } from '#config';
import { clientKey } from '#lifecycle';
import type { Logger } from '#observability';
import { SYSTEM_OWNER_ID } from '#persistence';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Request } from 'express';
import type { Principal } from './request-context.js';

/** Accepts X-Forwarded-For from the trusted proxies only. */
export function trustProxies(app: NestExpressApplication, { trustedProxies }: HttpConfig): void {
  app.set('trust proxy', [...trustedProxies]);
}

/** Who makes each request. */
export function clientIdentity(logger: Logger): (request: Request) => Principal {
  let isLogged = false;
  return (request) => {
    const { remoteAddress } = request.socket;
    // What a trusted proxy forwards has another address than its connection.
    if (!isLogged && request.headers['x-forwarded-for'] !== undefined && request.ip === remoteAddress) {
      isLogged = true;
      logger.warn(
        { address: remoteAddress },
        'X-Forwarded-For came from an address that TRUSTED_PROXIES does not name: all that it forwards counts as one client',
      );
    }
    return { ownerId: SYSTEM_OWNER_ID, client: clientKey(request.ip) ?? clientKey(remoteAddress) ?? 'unknown' };
  };
}
