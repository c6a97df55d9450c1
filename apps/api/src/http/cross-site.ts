import type { IncomingMessage } from 'node:http';
import type { HttpConfig } from '#config';
import { RequestError } from '#core';

/** They change nothing; OPTIONS is how a browser asks before it writes. */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
const OTHER_SITES = new Set(['cross-site', 'same-site']);

/**
 * Refuses what web pages of other origins would write: a form or a script of theirs sends it from the browser of a user who
 * can reach the API. Browsers name the origin of such a request; programs do not, and pass.
 */
export function crossSiteRule({ publicUrl, corsOrigins }: HttpConfig) {
  const allowed = new Set([...corsOrigins, new URL(publicUrl).origin]);
  return ({ method = '', headers }: IncomingMessage): RequestError | undefined => {
    if (SAFE_METHODS.has(method) || allowed.has('*')) return undefined;
    const { origin, host } = headers;
    const isForeign =
      origin === undefined
        ? OTHER_SITES.has(String(headers['sec-fetch-site']).trim().toLowerCase())
        : !allowed.has(origin.toLowerCase()) && !isOriginOf(host, origin);
    if (!isForeign) return undefined;
    return new RequestError('forbidden', 'The request comes from a web page of another origin', {
      hint: 'Add the origin of the page to CORS_ORIGINS to let it write.',
    });
  };
}

/** Whether the host of a request is that of a page's origin. The scheme may differ: a proxy in front ends TLS. */
function isOriginOf(host: string | undefined, origin: string): boolean {
  if (host === undefined || !/^https?:\/\//i.test(origin)) return false;
  try {
    const page = new URL(origin);
    return page.origin === origin.toLowerCase() && new URL(`${page.protocol}//${host}`).host === page.host;
  } catch {
    return false;
  }
}
