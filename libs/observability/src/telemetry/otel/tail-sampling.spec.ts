import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import type { Span, SpanOptions } from '../tracer.js';
import { OtelTracer } from './otel-tracer.js';
import { KeptShare } from './tail-sampling.js';

const CALLER = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331';

describe('which traces are kept', () => {
  /** A tracer, and the names of what it sends, in order. */
  function tracing(ratio: number, trustCallers = false) {
    const exporter = new InMemorySpanExporter();
    const stopped = { export: exporter.export.bind(exporter), shutdown: async () => undefined };
    const tracer = new OtelTracer(stopped, new KeptShare(ratio, trustCallers), { name: 'test', version: '1' });
    const sent = async () => {
      await tracer.close();
      return exporter.getFinishedSpans();
    };
    const begin = (name: string, options: SpanOptions = {}): Span => tracer.start(name, options);
    return { begin, sent, names: async () => (await sent()).map(({ name }) => name) };
  }

  it('are all with a ratio of 1', async () => {
    const { begin, sent } = tracing(1);
    const root = begin('root', { kind: 'server', attributes: { 'request.id': 'r', absent: undefined } });
    begin('child', { parent: root }).end();
    root.end();
    const [child, parent] = await sent();
    expect([child.name, parent.name]).toEqual(['child', 'root']);
    expect(child.parentSpanContext?.spanId).toBe(root.spanId);
    expect(child.spanContext().traceId).toBe(root.traceId);
    expect(parent.attributes).toEqual({ 'request.id': 'r' });
    expect(root.traceparent).toBe(`00-${root.traceId}-${root.spanId}-01`);
  });

  it('are none with a ratio of 0, but those in which something failed, whole', async () => {
    const { begin, names } = tracing(0);
    for (const fails of [false, true]) {
      const root = begin(`root ${fails}`);
      begin(`before ${fails}`, { parent: root }).end();
      const inner = begin(`inner ${fails}`, { parent: root });
      if (fails) inner.fail(new Error('unreachable'));
      inner.end();
      begin(`after ${fails}`, { parent: root }).end();
      root.end();
    }
    expect(await names()).toEqual(['before true', 'inner true', 'after true', 'root true']);
  });

  it.each([
    ['are those of a job whose submission was kept, and of no other', 'consumer', false],
    ['are those of a trusted caller that keeps its own, and of no other', 'server', true],
  ] as const)('%s', async (_, kind, trustCallers) => {
    const [none, all] = [tracing(0, trustCallers), tracing(1, trustCallers)];
    for (const { begin } of [none, all]) {
      for (const flags of ['01', '00']) {
        const span = begin(flags, { kind, parent: `${CALLER}-${flags}` });
        expect(span.traceparent).toMatch(new RegExp(`^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-${flags}$`));
        begin(`${flags} child`, { parent: span }).end();
        span.end();
      }
    }
    expect(await none.names()).toEqual(['01 child', '01']);
    expect(await all.names()).toEqual(['01 child', '01']);
  });

  it('are no more when a caller asks for them, nor fewer, and stay in its trace', async () => {
    const [none, all] = [tracing(0), tracing(1)];
    for (const { begin } of [none, all]) {
      for (const flags of ['01', '00']) begin(flags, { kind: 'server', parent: `${CALLER}-${flags}` }).end();
    }
    expect(await none.names()).toEqual([]);
    const sent = await all.sent();
    expect(sent.map(({ name }) => name)).toEqual(['01', '00']);
    for (const span of sent) {
      expect(CALLER).toContain(`${span.spanContext().traceId}-${span.parentSpanContext?.spanId}`);
    }
  });

  it('are the asked share of those of one caller, whatever id it chose', () => {
    const { begin } = tracing(0.1);
    const asked = Array.from({ length: 2_000 }, () => begin('r', { kind: 'server', parent: `${CALLER}-01` }));
    const kept = asked.filter(({ traceparent }) => traceparent!.endsWith('01')).length;
    expect(kept).toBeGreaterThan(120);
    expect(kept).toBeLessThan(280);
  });

  it('are decided alike by every process, about in the asked share', () => {
    const [one, other] = [tracing(0.1), tracing(0.1)];
    let kept = 0;
    for (let i = 0; i < 2_000; i++) {
      const { traceparent } = one.begin('submission');
      if (traceparent!.endsWith('01')) kept++;
      expect(other.begin('render', { parent: traceparent }).traceparent!.slice(-2)).toBe(traceparent!.slice(-2));
    }
    expect(kept).toBeGreaterThan(120);
    expect(kept).toBeLessThan(280);
  });

  it('take a parent that cannot be read for none', async () => {
    const { begin, sent } = tracing(1);
    begin('root', { parent: 'nonsense' }).end();
    expect((await sent())[0].parentSpanContext).toBeUndefined();
  });

  it('tell of an error without its secrets', async () => {
    const { begin, sent } = tracing(0);
    const span = begin('root');
    span.fail(new TypeError('no way to http://s3/o?signature=hunter2'));
    span.end();
    const [{ status, events }] = await sent();
    expect(status.message).toBe('no way to http://s3/o?signature=[redacted]');
    expect(events[0].attributes).toMatchObject({ 'exception.type': 'TypeError' });
    expect(JSON.stringify(events)).not.toContain('hunter2');
  });

  it('hold little of work that never ends', async () => {
    const { begin, names } = tracing(0);
    const root = begin('root');
    for (let i = 0; i < 1_000; i++) begin('child', { parent: root }).end();
    for (let i = 0; i < 12_000; i++) begin('lost', { parent: root });
    root.fail();
    root.end();
    expect((await names()).length).toBeLessThan(200);
  });
});
