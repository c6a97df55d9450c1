import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpTransport } from './http-transport.js';

describe('HTTP transport', () => {
  let server: Server;
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function request(answer: Parameters<typeof createServer>[1]): Promise<string> {
    server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const transport = createHttpTransport(false, { connectMs: 1_000, idleTimeoutMs: 150 });
    try {
      return await new Promise<string>((resolve, reject) => {
        const outgoing = transport.request(
          { host: '127.0.0.1', port: (server.address() as AddressInfo).port, agent: transport.agent },
          (response) => {
            let text = '';
            response.on('data', (chunk: Buffer) => (text += chunk.toString()));
            response.on('end', () => resolve(text)).on('error', reject);
          },
        );
        outgoing.on('error', reject).end();
      });
    } finally {
      transport.agent.destroy();
    }
  }

  it('waits for a server that keeps talking', async () => {
    const text = await request((_request, response) => {
      let rest = 5;
      const timer = setInterval(() => {
        response.write('.');
        if (--rest === 0) {
          clearInterval(timer);
          response.end();
        }
      }, 80);
    });
    expect(text).toBe('.....');
  });

  it('gives up on a server that never answers', async () => {
    await expect(request(() => undefined)).rejects.toThrow('silent for 0.15 s');
  });

  it('gives up on a server that falls silent in the middle', async () => {
    await expect(
      request((_request, response) => void response.writeHead(200, { 'content-length': 10 }).write('half')),
    ).rejects.toThrow();
  });
});
