import type { IncomingMessage } from 'node:http';
import type { HttpConfig } from '#config';
import { crossSiteRule } from './cross-site.js';

const SHOP = 'https://shop.example.com';
const PUBLIC = 'https://art.example.com';

function refused(method: string, headers: Record<string, string>, corsOrigins: readonly string[] = [SHOP]): boolean {
  const rule = crossSiteRule({ publicUrl: `${PUBLIC}/prints`, corsOrigins } as HttpConfig);
  const request = { method, headers: { host: 'api.internal:8089', ...headers } } as unknown as IncomingMessage;
  const refusal = rule(request);
  const expected = { code: 'forbidden', hint: expect.stringContaining('CORS_ORIGINS') };
  expect(refusal ?? expected).toMatchObject(expected);
  return refusal !== undefined;
}

describe('writes', () => {
  it.each([
    ['of a program', {}],
    ['of a page of the list', { origin: SHOP, 'sec-fetch-site': 'cross-site' }],
    ['of a page of the list, in capitals', { origin: SHOP.toUpperCase() }],
    ['of a page of PUBLIC_URL', { origin: PUBLIC, 'sec-fetch-site': 'same-site' }],
    ['of a page of the same host', { origin: 'http://api.internal:8089', 'sec-fetch-site': 'same-origin' }],
    ['of a page of the same host behind a proxy with TLS', { host: 'prints.test', origin: 'https://prints.test' }],
    ['of a page of the same host with its usual port', { host: 'prints.test:443', origin: 'https://prints.test' }],
    ['of the same origin by their metadata', { 'sec-fetch-site': 'same-origin' }],
    ['of a user of the browser', { 'sec-fetch-site': 'none' }],
  ] as [string, Record<string, string>][])('%s pass', (_what, headers) => {
    expect(refused('POST', headers)).toBe(false);
  });

  it.each([
    ['another page', { origin: 'https://evil.example.com' }],
    ['a page without an origin', { origin: 'null' }],
    ['a page with an empty origin', { origin: '' }],
    ['a page with two origins', { origin: `${SHOP}, https://evil.example.com` }],
    ['a page whose name begins like one of the list', { origin: `${SHOP}.evil.com` }],
    ['a page of the list by another scheme', { origin: 'http://shop.example.com' }],
    ['a page of the list by another port', { origin: `${SHOP}:444` }],
    ['a page of another port of the same host', { origin: 'http://api.internal:3000', 'sec-fetch-site': 'same-site' }],
    ['a page with more than an origin', { host: 'prints.test', origin: 'https://evil@prints.test' }],
    ['a page with a path', { host: 'prints.test', origin: 'https://prints.test/x' }],
    ['an extension', { host: 'prints.test', origin: 'chrome-extension://prints.test' }],
    ['another site by its metadata', { 'sec-fetch-site': 'cross-site' }],
    ['another site by its metadata, written otherwise', { 'sec-fetch-site': ' Cross-Site' }],
    ['the same site by its metadata', { 'sec-fetch-site': 'same-site' }],
  ] as [string, Record<string, string>][])('of %s are refused', (_what, headers) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) expect(refused(method, headers)).toBe(true);
    for (const method of ['GET', 'HEAD', 'OPTIONS']) expect(refused(method, headers)).toBe(false);
    expect(refused('POST', headers, ['*'])).toBe(false);
  });
});
