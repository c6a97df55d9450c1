import type { CorsOptions } from '@nestjs/common/interfaces/external/cors-options.interface.js';
import type { HttpConfig } from '#config';
import type { RequestHandler } from 'express';
import helmet from 'helmet';

const PREFLIGHT_SECONDS = 600;

/** What browsers may do with an answer: an API has no page of its own, so next to nothing. */
export function securityHeaders({ publicUrl, corsOrigins }: HttpConfig): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"] },
    },
    // Over plain HTTP it would mean nothing; on another's host name it would bind that one's services.
    strictTransportSecurity: publicUrl.startsWith('https:'),
    crossOriginResourcePolicy: { policy: corsOrigins.length > 0 ? 'cross-origin' : 'same-origin' },
    xFrameOptions: { action: 'deny' },
  });
}

/** Which web pages may call the API; undefined when none may. Credentials never travel along. */
export function corsOptions({ corsOrigins }: HttpConfig): CorsOptions | undefined {
  if (corsOrigins.length === 0) return undefined;
  return {
    origin: corsOrigins.includes('*') ? '*' : [...corsOrigins],
    exposedHeaders: ['X-Request-Id', 'Location', 'Retry-After'],
    credentials: false,
    maxAge: PREFLIGHT_SECONDS,
  };
}
