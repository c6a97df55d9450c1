import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { STYLES } from '../support/client.js';
import { ProxiedServers } from '../support/proxied-servers.js';
import { Scrape } from '../support/metrics.js';
import { FLOWER } from '../support/photos.js';
import { until } from '../support/processes.js';

jest.setTimeout(120_000);

type Exporter = 'API' | 'worker';

/** A row of the tables in docs/metrics.md. */
interface Documented {
  readonly name: string;
  readonly type: string;
  readonly labels: string[];
  readonly exporters: string[];
  readonly buckets: number[];
}

function documented(): Documented[] {
  const page = readFileSync(path.resolve(__dirname, '../../docs/metrics.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  return rows.map((row) => {
    const [name, type, labels, exporters, buckets] = row
      .slice(1)
      .split('|')
      .map((cell) => cell.trim());
    return {
      name: name.replaceAll('`', ''),
      type,
      labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).sort(),
      exporters: exporters.split(', '),
      buckets: [...buckets.matchAll(/[\d.]+/g)].map(Number),
    };
  });
}

/** Labels of those without series here: what Node.js seldom does, and what an S3 server does not report. */
const LABELS_OF_ABSENT: Readonly<Record<string, string[]>> = {
  nodejs_active_requests: ['service', 'type'],
  storage_free_bytes: ['service'],
  storage_min_free_bytes: ['service'],
};

/** The same rows as on the page, out of a scrape. */
function exported({ families }: Scrape): Omit<Documented, 'exporters'>[] {
  return [...families.values()].map(({ name, type, series }) => {
    const labels = new Set(series.flatMap((one) => Object.keys(one.labels)));
    const buckets = new Set(series.flatMap((one) => one.labels.le ?? []));
    return {
      name,
      type,
      labels: LABELS_OF_ABSENT[name] ?? [...labels].filter((label) => label !== 'le').sort(),
      buckets: [...buckets].filter((le) => le !== '+Inf').map(Number),
    };
  });
}

/** Names that the documents fix, or that the client library gives, and that promtool would have otherwise. */
const ACCEPTED = [
  /^render_storage_bytes_total non-counter metrics should not have "_total" suffix$/,
  /^storage_bytes_transferred counter metrics should have "_total" suffix$/,
  /^nodejs_active_(handles|requests|resources)_total non-counter metrics should not have "_total" suffix$/,
];

describe('the metrics', () => {
  let servers: ProxiedServers;
  let id: string;
  let api: Scrape;
  let worker: Scrape;

  const scrape = (exporter: Exporter): Promise<Scrape> =>
    Scrape.of(exporter === 'API' ? servers.deployment.apiUrl : servers.deployment.workerUrl);

  beforeAll(async () => {
    servers = await ProxiedServers.prepare({
      env: { WORKER_COUNT: '2', SWEEP_SECONDS: '1', STORAGE_QUOTA_MB: '1000000' },
    });
    const { deployment, client } = servers;
    await Promise.all([deployment.startApi(), deployment.startWorker()]);
    await scrape('worker'); // The first one lists the styles.
    id = (await client.createRender(FLOWER())).body.render_id as string;
    expect(await client.ended(id)).toMatchObject({ status: 'completed' });
    await client.createRender(Buffer.from('no photo'));
    await client.createRender(FLOWER(), { filename: '' });
    await client.get('/v1/renders/550e8400-e29b-41d4-a716-446655440009/download');
    for (const url of ['/no/such/page', '/v1/objects/uploads/x.jpg', '/v1/styles', '/health', '/v1/renders/%zz']) {
      await client.get(url);
    }
    await scrape('API'); // Some series appear from the second scrape on, scrapes themselves for one.
    // Each remembers for a while that nothing had been measured.
    await until('both report how much is stored', async () => {
      [api, worker] = await Promise.all([scrape('API'), scrape('worker')]);
      return [api, worker].every((one) => one.value('render_storage_objects') !== undefined);
    });
  });
  afterAll(() => servers.close());

  it.each(['API', 'worker'] as const)(
    'guarantee: the metrics page lists exactly what a scrape returns (%s)',
    (exporter) => {
      const expected = documented().filter(({ exporters }) => exporters.includes(exporter));
      const plain = expected.map(({ exporters: _, ...metric }) => metric);
      const byName = (a: { name: string }, b: { name: string }): number => a.name.localeCompare(b.name);
      const actual = exported(exporter === 'API' ? api : worker);
      expect(actual.sort(byName)).toEqual(plain.sort(byName));
    },
  );

  it('are well-formed by the tool of Prometheus', () => {
    for (const { text } of [api, worker]) {
      const { stdout, stderr, error } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
      expect(error).toBeUndefined();
      const complaints = `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
      expect(complaints.filter((line) => !ACCEPTED.some((accepted) => accepted.test(line)))).toEqual([]);
      expect(complaints.length).toBeGreaterThan(0);
    }
  });

  it('count a render once, from its acceptance to its completion', () => {
    const style = 'pop-poster';
    expect(worker.value('render_jobs_total', { status: 'completed' })).toBe(1);
    for (const name of ['duration', 'queue_wait', 'turnaround']) {
      expect(worker.value(`render_${name}_seconds_count`, { style })).toBe(1);
    }
    expect(worker.value('render_megapixels_per_second_count', { style })).toBe(1);
    for (const stage of ['download', 'decode', 'analyse', 'paint', 'upload', 'publish']) {
      expect([stage, worker.value('render_stage_duration_seconds_count', { stage, style })]).toEqual([stage, 1]);
    }
    const wait = worker.value('render_queue_wait_seconds_sum')!;
    const duration = worker.value('render_duration_seconds_sum')!;
    expect(worker.value('render_turnaround_seconds_sum')).toBeGreaterThanOrEqual(wait + duration);
    expect(worker.value('renders_in_progress')).toBe(0);
    for (const exporter of [api, worker]) {
      expect(exporter.value('render_queue_depth')).toBe(0);
      expect(exporter.value('renders_in_state')).toBe(0);
      expect(exporter.value('render_oldest_queued_age_seconds')).toBe(0);
    }
  });

  it('begin at zero, so that the first event is seen', () => {
    for (const style of Object.keys(STYLES)) {
      const known = ['completed', 'failed'].map((status) => worker.value('render_jobs_total', { status, style }));
      expect([style, ...known]).toEqual([style, style === 'pop-poster' ? 1 : 0, 0]);
      expect(worker.value('render_turnaround_seconds_count', { style })).toBe(style === 'pop-poster' ? 1 : 0);
    }
    expect(worker.value('render_jobs_total', { status: 'failed' })).toBe(0);
    expect(worker.value('renders_stalled_total')).toBe(0);
    for (const action of ['reclaimed', 'failed', 'requeued']) {
      expect(worker.value('renders_reconciled_total', { action })).toBe(0);
    }
    for (const [endpoint, status] of [
      ['/v1/renders', '503'],
      ['/v1/renders', '413'],
      ['/v1/renders/{id}', '404'],
      ['/v1/renders/{id}/download', '410'],
      ['/v1/styles', '500'],
      ['/health/readiness', '503'],
      ['unmatched', '431'],
    ]) {
      expect([endpoint, status, api.value('http_errors_total', { endpoint, status })]).toEqual([endpoint, status, 0]);
      expect(api.value('http_requests_total', { endpoint, status })).toBe(0);
    }
    expect(api.value('http_request_duration_seconds_count', { endpoint: '/v1/size-presets' })).toBe(0);
    expect(api.value('db_query_duration_seconds_count', { query_type: 'DELETE' })).toBe(0);
    for (const error_type of ['connection_error', 'query_error', 'timeout_error']) {
      expect(api.value('db_errors_total', { error_type })).toBe(0);
    }
    expect(api.value('storage_operations_total', { operation: 'delete', status: 'failure' })).toBe(0);
    expect(api.value('upload_rejections_total', { reason: 'payload_too_large' })).toBe(0);
    expect(api.value('child_process_deaths_total', { reason: 'memory' })).toBe(0);
  });

  it('report what was moved, what is stored and what was refused', async () => {
    expect(api.value('storage_operations_total', { operation: 'upload', status: 'success' })).toBe(1);
    expect(api.value('storage_bytes_transferred', { direction: 'upload' })).toBe(FLOWER().length);
    expect(worker.value('storage_bytes_transferred', { direction: 'download' })).toBe(FLOWER().length);
    expect(worker.value('storage_operations_total', { operation: 'upload', status: 'success' })).toBe(2);
    expect(worker.value('storage_operations_total', { operation: 'delete', status: 'success' })).toBe(2);
    const { body } = await servers.client.get(`/v1/renders/${id}`);
    expect(worker.value('storage_bytes_transferred', { direction: 'upload' })).toBeGreaterThan(body.file.size_bytes);
    await until(
      'the store was measured again',
      async () => (await scrape('API')).value('render_storage_objects') === 3,
    );
    expect(api.value('upload_rejections_total', { reason: 'unsupported_format' })).toBe(1);
    expect(api.value('upload_rejections_total', { reason: 'invalid_request' })).toBe(1);
    expect(api.value('uploads_in_progress')).toBe(0);
  });

  it('have no address of a client in their labels', () => {
    const endpoints = api.families.get('http_requests_total')!.series.map(({ labels }) => labels.endpoint);
    expect([...new Set(endpoints)].sort()).toEqual([
      '/health',
      '/health/liveness',
      '/health/readiness',
      '/metrics',
      '/v1/renders',
      '/v1/renders/{id}',
      '/v1/renders/{id}/download',
      '/v1/renders/{id}/preview',
      '/v1/size-presets',
      '/v1/styles',
      'unmatched',
    ]);
    for (const { text } of [api, worker]) expect(text).not.toContain(id);
  });

  it('guarantee: a scrape reports a hanging server and waits for none', async () => {
    const wellOn = (now: Scrape): boolean =>
      ['database', 'redis', 'storage'].every((dependency) => now.value('health_check_status', { dependency }) === 1);
    for (const exporter of ['API', 'worker'] as const) {
      await until(`all servers are well to the ${exporter}`, async () => wellOn(await scrape(exporter)));
    }
    await servers.database.inject('blackhole');
    for (const exporter of ['API', 'worker'] as const) {
      await until(`the ${exporter} has noticed`, async () => {
        const now = await scrape(exporter);
        const [database, redis] = ['database', 'redis'].map((dependency) =>
          now.value('health_check_status', { dependency }),
        );
        return database === 0 && redis === 1;
      });
      await until('what is not known is left out', async () => {
        const now = await scrape(exporter);
        return (
          now.value('renders_in_state') === undefined && now.value('render_oldest_queued_age_seconds') === undefined
        );
      });
    }
    await until('the outage is counted', async () => (await scrape('API')).value('db_errors_total'));
    await servers.database.heal();
    for (const exporter of ['API', 'worker'] as const) {
      await until(`the ${exporter} knows again`, async () => {
        const now = await scrape(exporter);
        return (
          now.value('health_check_status', { dependency: 'database' }) === 1 && now.value('renders_in_state') === 0
        );
      });
    }
  });
});
