import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Request, Response } from 'express';
import { ConnectionDrainer } from './connection-drainer.js';

it('answers the request of a connection that was made just before the end', async () => {
  const requests = new ConnectionDrainer();
  const server = createServer((request, response) => {
    requests.track(request as Request, response as Response, () => response.end('answered'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise((resolve) => server.once('connection', resolve));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await accepted;

  const ended = requests.drainForReplacement([server], 0, 10_000);
  while (server.listening) await new Promise(setImmediate);
  client.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(await text(client)).toMatch(/^HTTP\/1\.1 200 OK\r\nConnection: close\r\n[^]*answered/);
  await ended;
});

it('waits for no connection that stays silent', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise((resolve) => server.once('connection', resolve));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const closed = new Promise((resolve) => client.once('close', resolve).on('error', () => undefined));
  await accepted;
  await new ConnectionDrainer().drainForReplacement([server], 0, 60_000);
  await closed;
});
