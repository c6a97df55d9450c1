import { isIP } from 'node:net';

/** Groups of an IPv6 address that name one customer's network: a host in it may take any of its addresses. */
const NETWORK_GROUPS = 4;

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
