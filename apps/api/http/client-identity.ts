import { isIP } from 'node:net';
import type { HttpConfig } from '#config';
import type { Logger } from '#observability';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, RequestHandler, Response } from 'express';

/** Groups of an IPv6 address that name one customer's network: a host in it may take any of its addresses. */
const NETWORK_GROUPS = 4;

/** Believes what these proxies say of the address of a client, and nobody else. */
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

/**
 * The client behind an address: IPv4 as it is, however written, IPv6 as the first 64 bits.
 * @param address may be what a proxy passed on without looking
 * @returns undefined for what is no IP address
 */
export function clientKey(address: string | undefined): string | undefined {
  const text = address?.replace(/%.*$/, '') ?? '';
  const version = isIP(text);
  if (version === 4) return text;
  if (version !== 6) return undefined;
  const groups = expanded(text);
  if (groups.slice(0, 6).join(':') === '0:0:0:0:0:ffff') return groups.slice(6).flatMap(bytesOf).join('.');
  return `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`;
}

/** The eight groups of an IPv6 address, without leading zeros. */
function expanded(address: string): string[] {
  // The parser of URLs writes an address in one way only (RFC 5952), its dotted end included.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [head, tail] = canonical.split('::').map((part) => (part === '' ? [] : part.split(':')));
  if (tail === undefined) return head;
  return [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
}

function bytesOf(group: string): [number, number] {
  const number = parseInt(group, 16);
  return [number >> 8, number & 0xff];
}
