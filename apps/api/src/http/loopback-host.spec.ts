import type { IncomingMessage } from 'node:http';
import { isLoopback, loopbackHostRule } from './loopback-host.js';

function refused(host: string | undefined, url = '/v1/styles', listens = '127.0.0.1'): boolean {
  const rule = loopbackHostRule(listens, 'https://Prints.Example.com:8443/art')!;
  return rule({ headers: { host }, url } as unknown as IncomingMessage) !== undefined;
}

describe('on a loopback address, requests', () => {
  it.each(['localhost', 'localhost:8089', 'LOCALHOST:1', 'localhost.', '127.0.0.1:80', '[::1]', '[::1]:8089'])(
    'for %s pass',
    (host) => expect(refused(host)).toBe(false),
  );

  it.each(['prints.example.com', 'PRINTS.example.com.:8089'])('for PUBLIC_URL as %s pass', (host) =>
    expect(refused(host)).toBe(false),
  );

  it('for the address that the API listens on pass', () => {
    expect(refused('127.0.0.2:8089', '/', '127.0.0.2')).toBe(false);
    expect(refused('127.0.0.2:8089')).toBe(true);
  });

  it.each([
    'evil.example.com',
    'evil.example.com:8089',
    'localhost.evil.example.com',
    'evil.localhost',
    '127.0.0.1.evil.example.com',
    '127.0.0.1:80:80',
    'localhost..',
    'user@localhost',
    '0.0.0.0',
    '[::]',
    '',
    ':8089',
  ])('for %p are refused', (host) => expect(refused(host)).toBe(true));

  it('for another host in a whole URL are refused', () => {
    expect(refused('localhost', 'http://evil.example.com/v1/styles')).toBe(true);
    expect(refused('localhost', 'http://localhost/v1/styles')).toBe(false);
  });
});

it.each(['127.0.0.1', '127.1.2.3', 'localhost', 'LOCALHOST', '::1', '::ffff:127.0.0.1'])('%s is loopback', (host) => {
  expect(isLoopback(host)).toBe(true);
});

it.each([undefined, '0.0.0.0', '::', '192.168.0.1', 'prints.example.com', '127.example.com'])(
  'with %p any host will do',
  (host) => expect(loopbackHostRule(host, 'http://localhost')).toBeUndefined(),
);
