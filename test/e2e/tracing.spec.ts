import type { ApiClient } from '../support/client.js';
import { Collector } from '../support/collector.js';
import { deployApi, type Deployment } from '../support/deployment.js';
import { loadedPackages, tellingLoaded } from '../support/loaded-packages.js';
import { FLOWER } from '../support/photos.js';
import { temporaryFolder } from '../support/processes.js';

jest.setTimeout(120_000);

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const STAGES = ['download', 'decode', 'analyse', 'paint', 'upload', 'publish'];

interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly attributes: readonly { key: string; value: Record<string, unknown> }[];
  readonly status: { code?: number; message?: string };
  readonly service: unknown;
}

describe('traces', () => {
  let collector: Collector;
  let deployment: Deployment;
  let client: ApiClient;
  let loaded: string[][];
  let kept: string;
  let failed: string;
  let rows: { id: string; request_id: string; traceparent: string }[];

  /** No trace is kept here unless its caller, who is trusted, keeps it, or something fails. */
  beforeAll(async () => {
    collector = await Collector.open();
    const [folder, removeFolder] = await temporaryFolder();
    [deployment, client] = await deployApi({
      storage: 'filesystem',
      lockSeconds: 30, // No worker is lost here, not even on a busy machine.
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://${collector.address}`,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        TRACE_SAMPLE_RATIO: '0',
        TRACE_TRUST_CALLERS: 'true',
        ...tellingLoaded(folder),
      },
    });
    kept = await submit({ traceparent: `00-${TRACE}-${CALLER}-01`, 'X-Request-Id': 'order-17' });
    failed = await submit({ 'X-Request-Id': 'order-18' });
    await deployment.query(`UPDATE renders SET algorithm_config_snapshot = '{"colors": 9999}' WHERE id = $1`, [failed]);
    await deployment.startWorker();
    expect(await client.ended(kept)).toMatchObject({ status: 'completed' });
    expect(await client.ended(failed)).toMatchObject({ status: 'failed' });
    rows = await deployment.query('SELECT id, request_id, traceparent FROM renders');
    await Promise.all(deployment.programs.map((program) => program.stop()));
    loaded = await Promise.all(deployment.programs.map(({ pid }) => loadedPackages(folder, pid)));
    await removeFolder();
  });
  afterAll(async () => {
    collector.close();
    await deployment.close();
  });

  async function submit(headers: Record<string, string>): Promise<string> {
    const { body } = await client.createRender(FLOWER(), {}, headers);
    return body.render_id as string;
  }

  function spansOf(traceId: string): SentSpan[] {
    const resources = collector.posts.flatMap(({ body }) => JSON.parse(body).resourceSpans);
    const spans = resources.flatMap(({ resource, scopeSpans }) => {
      const service = resource.attributes.find(({ key }: { key: string }) => key === 'service.name').value.stringValue;
      return scopeSpans.flatMap((scope: { spans: object[] }) => scope.spans.map((span) => ({ ...span, service })));
    });
    return spans
      .filter((span) => span.traceId === traceId)
      .sort((one, other) => (BigInt(one.startTimeUnixNano) < BigInt(other.startTimeUnixNano) ? -1 : 1));
  }

  const attributesOf = ({ attributes }: SentSpan): Record<string, unknown> =>
    Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

  it('guarantee: one trace connects the request, the queue and each stage of the render', () => {
    const spans = spansOf(TRACE);
    const named = (name: string): SentSpan => spans.find((span) => span.name === name)!;
    const [request, enqueue, render] = [named('POST /v1/renders'), named('enqueue render'), named('render')];
    expect(request).toMatchObject({ parentSpanId: CALLER, kind: 2, service: 'pop-render-api' });
    expect(attributesOf(request)).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/v1/renders',
      'http.response.status_code': 201,
      'request.id': 'order-17',
    });
    for (const name of ['inspect photo', 'store photo']) expect(named(name).parentSpanId).toBe(request.spanId);
    expect(enqueue).toMatchObject({ parentSpanId: request.spanId, kind: 4 });
    expect(render).toMatchObject({ parentSpanId: enqueue.spanId, kind: 5, service: 'pop-render-worker' });
    expect(attributesOf(render)).toMatchObject({ 'render.id': kept, 'request.id': 'order-17', 'render.attempt': 1 });
    const stages = spans.filter(({ parentSpanId }) => parentSpanId === render.spanId);
    expect(stages.map(({ name }) => name)).toEqual(STAGES);
    expect(spans).toHaveLength(5 + STAGES.length);
  });

  it('guarantee: unsampled traces with an error are exported nevertheless', () => {
    const [, traceId, enqueued, flags] = rows.find(({ id }) => id === failed)!.traceparent.split('-');
    expect(flags).toBe('00');
    const spans = spansOf(traceId);
    const render = spans.find(({ name }) => name === 'render')!;
    expect(render).toMatchObject({ parentSpanId: enqueued, service: 'pop-render-worker', status: { code: 2 } });
    expect(render.status.message).toContain('Invalid settings for style pop-poster');
    expect(spans.filter(({ service }) => service === 'pop-render-api')).toEqual([]);
    const all = collector.posts.map(({ body }) => body).join();
    expect(all).not.toContain('GET /v1/renders');
    expect(all).not.toContain('/health');
  });

  it('are named in the log lines of both processes', () => {
    for (const { output } of deployment.programs) {
      const lines = output.split('\n').filter((line) => line.includes(kept) && line.includes('"Render job '));
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) expect(JSON.parse(line)).toMatchObject({ trace_id: TRACE, request_id: 'order-17' });
    }
  });

  it('load what they need, and nothing for reports that are not configured', () => {
    for (const names of loaded) {
      expect(names).toContain('@opentelemetry/sdk-trace-base');
      expect(names).not.toContain('@sentry/core');
    }
  });
});
