import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '#observability';
import { openTracer } from '../../libs/observability/src/telemetry/otel/otel-tracer.js';
import { until } from '../support/processes.js';

const SERVICE = { name: 'pop-render-test', version: '1.2.3' };

describe('the sending of traces', () => {
  let server: Server;
  let received: { path?: string; type?: string; key?: unknown; body: string }[];
  const logged: string[] = [];
  const log = (text: string): void => void logged.push(text);
  const logger = { error: log, info: log } as unknown as Logger;

  beforeEach(async () => {
    received = [];
    logged.length = 0;
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { url: path, headers } = request;
        const body = Buffer.concat(chunks).toString('latin1');
        received.push({ path, type: headers['content-type'], key: headers['x-key'], body });
        response.end('{}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    process.env.OTEL_EXPORTER_OTLP_HEADERS = 'x-key=abc';
    process.env.OTEL_RESOURCE_ATTRIBUTES = 'deployment.environment.name=staging';
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
    for (const name of ['ENDPOINT', 'HEADERS', 'TIMEOUT']) delete process.env[`OTEL_EXPORTER_OTLP_${name}`];
    delete process.env.OTEL_RESOURCE_ATTRIBUTES;
  });

  it.each([
    ['http/json', 'application/json'],
    ['http/protobuf', 'application/x-protobuf'],
  ] as const)('speaks %s, heeds the standard variables and sends what is left at the end', async (protocol, type) => {
    const tracer = openTracer({ protocol, sampleRatio: 1, trustCallers: false }, SERVICE, logger);
    tracer.start('a piece of work', {}).end();
    await tracer.close();
    expect(received).toMatchObject([{ path: '/v1/traces', type, key: 'abc' }]);
    for (const text of ['a piece of work', 'pop-render-test', '1.2.3', 'deployment.environment.name', 'staging']) {
      expect(received[0].body).toContain(text);
    }
    expect(logged).toEqual([]);
  });

  it('sends neither names of photos nor secrets among the attributes', async () => {
    const tracer = openTracer({ protocol: 'http/json', sampleRatio: 1, trustCallers: false }, SERVICE, logger);
    const photo = '/v1/objects/uploads/550e8400-e29b-41d4-a716-446655440000/anna.jpg';
    const span = tracer.start('GET', { attributes: { 'url.path': photo, 'request.id': 'order-17' } });
    span.set({ 'render.error': 'password=hunter2' });
    span.end();
    await tracer.close();
    expect(received[0].body).toContain('order-17');
    expect(received[0].body).toContain('[name]');
    expect(received[0].body).not.toMatch(/anna|hunter2/);
  });

  it('logs once that the collector is unreachable', async () => {
    await new Promise((resolve) => server.close(resolve));
    process.env.OTEL_EXPORTER_OTLP_TIMEOUT = '100';
    const tracer = openTracer({ protocol: 'http/json', sampleRatio: 1, trustCallers: false }, SERVICE, logger);
    // More than one message of them.
    for (let i = 0; i < 1_500; i++) tracer.start('work', {}).end();
    await tracer.close();
    await until('it is logged', () => logged.length > 0);
    expect(logged).toEqual([expect.stringMatching(/^The collector of traces is unavailable: /)]);
  });

  it('ends in time though the collector never answers', async () => {
    const unanswered: ServerResponse[] = [];
    server.removeAllListeners('request').on('request', (_, response) => unanswered.push(response));
    const tracer = openTracer({ protocol: 'http/json', sampleRatio: 1, trustCallers: false }, SERVICE, logger);
    tracer.start('work', {}).end();
    await tracer.close();
    expect(unanswered).toHaveLength(1);
    unanswered[0].end('{}');
  }, 5_000);
});
