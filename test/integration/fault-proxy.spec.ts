import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FaultProxy } from '../support/fault-proxy.js';

describe('the fault proxy', () => {
  let server: Server;
  let proxy: FaultProxy;
  // A connection of its own each time: the pool would offer one that has been cut.
  const ask = (): Promise<string> =>
    fetch(`http://127.0.0.1:${proxy.port}`, {
      headers: { connection: 'close' },
      signal: AbortSignal.timeout(500),
    }).then((answer) => answer.text());

  beforeAll(async () => {
    server = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    proxy = await FaultProxy.open({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  });
  afterAll(async () => {
    await proxy.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each(['down', 'blackhole', 'reset'] as const)('%s: nothing comes through until it is healed', async (fault) => {
    expect(await ask()).toBe('hello');
    await proxy.inject(fault);
    await expect(ask()).rejects.toThrow();
    await proxy.heal();
    expect(await ask()).toBe('hello');
  });

  it('slows down', async () => {
    proxy.slowDown(100);
    const start = performance.now();
    expect(await ask()).toBe('hello');
    expect(performance.now() - start).toBeGreaterThanOrEqual(195);
    proxy.slowDown(0);
  });
});
