import { PopRenderError } from '#core';
import type { Logger } from '#observability';
import { openReporter } from '../../libs/observability/src/telemetry/sentry/sentry-reporter.js';
import { Collector } from '../support/collector.js';

describe('an error report', () => {
  let collector: Collector;
  const logged: string[] = [];
  const log = (text: string): void => void logged.push(text);
  const logger = { error: log, info: log } as unknown as Logger;
  const tags = { component: 'api', code: 'internal' } as const;

  beforeEach(async () => {
    logged.length = 0;
    collector = await Collector.open();
  });
  afterEach(() => collector.close());

  function open() {
    const dsn = `http://key@${collector.address}/7`;
    return openReporter({ dsn, release: 'r7', environment: 'test' }, logger);
  }

  it('names the cause of an unexpected error, its causes and its trace, and none of their secrets', async () => {
    const reporter = open();
    const cause = new Error('refused by postgres://u:hunter2@db');
    const original = new TypeError('no http://s3/o?signature=hunter2', { cause });
    const error = new PopRenderError('internal', 'Internal server error', { cause: original });
    reporter.report(error, tags, { request_id: 'r-1', trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16) });
    await reporter.close();
    const [{ path, body }] = collector.posts;
    const event = JSON.parse(body.trim().split('\n').at(-1)!);
    expect(path).toMatch(/^\/api\/7\/envelope\//);
    expect(event.exception.values.map(({ type }: { type: string }) => type)).toEqual(['Error', 'TypeError']);
    expect(event.contexts).toMatchObject({
      render: { request_id: 'r-1' },
      trace: { trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16) },
    });
    expect(body).not.toContain('hunter2');
    expect(logged).toEqual([]);
  });

  it('is lost when the collector is unreachable, which is logged once', async () => {
    const reporter = open();
    collector.close();
    for (let i = 0; i < 3; i++) reporter.report(new Error('down'), tags, {});
    await reporter.close();
    expect(logged).toEqual([expect.stringMatching(/^The collector of errors is unavailable: .*ECONNREFUSED/)]);
  });
});
