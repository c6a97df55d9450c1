import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { temporaryFolder } from '../support/processes.js';
import { at, type Dashboard, dashboards, filledIn, type Panel, promtool, seriesIn, text } from './sources.js';

/** The documented panels and what they ask for, but for the choice of job and instance and the aggregation over processes. */
const NINE: [title: string, asks: string[]][] = [
  ['Request Rate', ['sum by (endpoint)', 'rate(http_requests_total)']],
  ['Error Rate', ['rate(http_requests_total{status=~"5.."})', '/ sum(rate(http_requests_total)) * 100']],
  ['P95 Latency', ['histogram_quantile(0.95', '(le, endpoint)', 'rate(http_request_duration_seconds_bucket)']],
  ['Queue Depth', ['render_queue_depth{service="pop-render"}']],
  ['Renders in Progress', ['renders_in_progress']],
  ['Render Success Rate', ['sum(rate(render_jobs_total{status="completed"})) / sum(rate(render_jobs_total)) * 100']],
  ['Database Connections', ['db_connections_active']],
  ['Storage Size', ['render_storage_bytes_total', '/ 1024^3']],
  ['Worker Memory', ['process_resident_memory_bytes{service="pop-render"} / 1024^2']],
];

/** The rules of Grafana's dashboard-linter, which is no npm package. */

const DATASOURCE = { type: 'prometheus', uid: '${datasource}' };
const UNITS = 's bytes gbytes mbytes Bps reqps ops percent percentunit short Mpx/s'.split(' ');
/** Documented names that end like counters and are none. */
const GAUGES = ['render_storage_bytes_total'];

const charts = (dashboard: Dashboard): Panel[] => dashboard.panels.filter(({ type }) => type !== 'row');
const targets = dashboards().flatMap((dashboard) =>
  charts(dashboard).flatMap((panel) =>
    panel.targets!.map(({ expr, refId }) => [`${dashboard.uid} / ${panel.title} ${refId}`, expr] as const),
  ),
);

it('match their sources in tools/dashboards', () => {
  execFileSync(process.execPath, [at('tools/dashboards/main.mjs'), '--check'], { stdio: 'pipe' });
});

it('have the nine documented panels first on the service dashboard', () => {
  const service = dashboards().find(({ uid }) => uid === 'pop-render-service')!;
  const first = charts(service).slice(0, NINE.length);
  expect(first.map(({ title }) => title)).toEqual(NINE.map(([title]) => title));
  for (const [i, [title, asks]] of NINE.entries()) {
    const expr = first[i]
      .targets![0].expr.replace(/job=~"\$job", instance=~"\$instance"(, )?/g, '')
      .replace(/\{\}/g, '');
    const plain = expr.replaceAll('[$__rate_interval]', '');
    for (const part of asks) expect([title, plain]).toEqual([title, expect.stringContaining(part)]);
  }
});

it('have identifiers of their own', () => {
  const uids = dashboards().map(({ uid }) => uid);
  expect(new Set(uids).size).toBe(uids.length);
  expect(uids.length).toBe(5);
});

describe.each(dashboards().map((dashboard) => [dashboard.uid, dashboard] as const))('%s', (_, dashboard) => {
  it('cannot be edited in Grafana', () => {
    expect(dashboard.editable).toBe(false);
    expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(39);
  });

  it('lets the reader choose data source, job and instance', () => {
    const [source, job, instance, ...others] = dashboard.templating.list;
    expect(source).toMatchObject({ name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' });
    for (const [variable, name] of [
      [job, 'job'],
      [instance, 'instance'],
    ] as const) {
      expect(variable).toMatchObject({ name, type: 'query', datasource: DATASOURCE, multi: true, allValue: '.+' });
      expect(variable).toMatchObject({ label: expect.stringMatching(new RegExp(`^${name}$`, 'i')), refresh: 2 });
    }
    expect(others).toEqual([]);
  });

  it('has panels with a description, in which unit, from the chosen source', () => {
    for (const panel of charts(dashboard)) {
      expect(panel).toMatchObject({ title: expect.stringMatching(/\S/), description: expect.stringMatching(/\S/) });
      expect(panel.datasource).toEqual(DATASOURCE);
      expect(UNITS).toContain(panel.fieldConfig!.defaults.unit);
      expect(panel.targets!.length).toBeGreaterThan(0);
      for (const { datasource, legendFormat } of panel.targets!) {
        expect(datasource).toEqual(DATASOURCE);
        expect(legendFormat).toMatch(/\S/);
      }
    }
    const titles = charts(dashboard).map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });

  it('has panels with identifiers of their own that lie beside one another', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const [i, { gridPos: a, title }] of panels.entries()) {
      expect(a.x + a.w).toBeLessThanOrEqual(24);
      for (const { gridPos: b, title: other } of panels.slice(i + 1)) {
        const overlap = a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
        expect(overlap ? `${title} covers ${other}` : '').toBe('');
      }
    }
  });
});

describe('queries', () => {
  it.each(targets)('heed the chosen job and instance: %s', (_, expr) => {
    for (const series of seriesIn(expr).filter((name) => !name.startsWith('pop_render:'))) {
      const selectors = [...expr.matchAll(new RegExp(`(?<![\\w:])${series}(?:\\{([^}]*)\\})?(?!\\w)`, 'g'))];
      for (const [, matchers = ''] of selectors) {
        expect(matchers).toMatch(/^job=~"\$job", instance=~"\$instance"/);
      }
    }
  });

  it.each(targets)('turn counters into rates, at the resolution of the picture: %s', (_, expr) => {
    for (const [, range] of expr.matchAll(/\brate\([^[]*\[([^\]]*)\]/g)) expect(range).toBe('$__rate_interval');
    const counters = seriesIn(expr).filter((name) => /_(total|bucket|sum|count)$/.test(name) && !GAUGES.includes(name));
    for (const counter of counters) {
      expect(expr).not.toMatch(new RegExp(`(?<!(rate|increase)\\()(?<![\\w:])${counter}\\b`));
    }
  });

  it('are PromQL', async () => {
    const [folder, remove] = await temporaryFolder();
    try {
      const rules = targets.map(([, expr], i) => ({ record: `panel:${i}`, expr: filledIn(expr) }));
      const file = path.join(folder, 'panels.yaml');
      await writeFile(file, stringify({ groups: [{ name: 'panels', rules }] }));
      expect(await promtool('check', 'rules', file)).toContain(`${rules.length} rules found`);
    } finally {
      await remove();
    }
  });
});

describe('provisioning', () => {
  it('names the data source and folder that the dashboards are read from', () => {
    const source = parse(text('deploy/monitoring/grafana/provisioning/datasources/prometheus.yaml'));
    expect(source).toMatchObject({
      apiVersion: 1,
      datasources: [{ type: 'prometheus', url: 'http://prometheus:9090' }],
    });
    const scrape = parse(text('deploy/monitoring/prometheus/prometheus.yml')).global.scrape_interval;
    expect(source.datasources[0].jsonData.timeInterval).toBe(scrape);
    const provider = parse(text('deploy/monitoring/grafana/provisioning/dashboards/pop-render.yaml'));
    expect(provider).toMatchObject({ apiVersion: 1, providers: [{ type: 'file', allowUiUpdates: false }] });
  });
});
