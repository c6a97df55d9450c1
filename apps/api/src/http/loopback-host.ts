import type { IncomingMessage } from 'node:http';
import { isIPv4 } from 'node:net';
import { RequestError } from '#core';

/** Hosts of an API for its own machine. */
const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Refuses requests for other hosts where only this machine can connect. A web page whose name its owner has led to
 * 127.0.0.1 (DNS rebinding) could otherwise read and write as if it were a page of this service.
 * @param host that the API listens on
 * @returns undefined when that is no loopback address: which names lead there is not known then
 */
export function loopbackHostRule(host: string | undefined, publicUrl: string) {
  if (host === undefined || !isLoopback(host)) return undefined;
  const known = new Set([...LOOPBACK_HOSTS, hostname(host.includes(':') ? `[${host}]` : host)]);
  known.add(hostname(new URL(publicUrl).host));
  return ({ headers, url = '' }: IncomingMessage): RequestError | undefined => {
    // A target that is a whole URL names the host a second time.
    const named = [headers.host, /^[a-z][a-z\d+.-]*:\/\/([^/?#]*)/i.exec(url)?.[1]];
    if (named.every((name) => name === undefined || known.has(hostname(name)))) return undefined;
    return new RequestError('forbidden', 'Unknown host', {
      hint: 'This API is for its own machine: ask for localhost, or set PUBLIC_URL to the address that clients use.',
    });
  };
}

/** Whether only this machine can connect to an address. */
export function isLoopback(host: string): boolean {
  const address = host.toLowerCase().replace(/^::ffff:/, '');
  return address === 'localhost' || address === '::1' || (isIPv4(address) && address.startsWith('127.'));
}

/** The host without its port, in small letters and without the dot of a full name. */
function hostname(host: string): string {
  return host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
}
