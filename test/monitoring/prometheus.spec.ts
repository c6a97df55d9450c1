import { parse } from 'yaml';
import { proceduresOf, Terminal } from '../operations/runbook.js';
import { ApiClient } from '../support/client.js';
import { Deployment } from '../support/deployment.js';
import { OwnPrometheus } from '../support/own-prometheus.js';
import { OwnRedis } from '../support/own-servers.js';
import { FLOWER } from '../support/photos.js';
import { until } from '../support/processes.js';
import {
  dashboards,
  filesIn,
  filledIn,
  matchersIn,
  type RuleFile,
  ruleFile,
  RULES,
  rules,
  selectorsIn,
  seriesIn,
  text,
} from './sources.js';

jest.setTimeout(180_000);

/** Series of Prometheus itself. */
const OF_PROMETHEUS = ['up'];
/** Series that are exported only once the storage was measured. */
const isRare = (series: string): boolean => series.startsWith('render_storage_');
/** What nothing has a number of: how long no request took, which share of no renders was completed. */
const UNDEFINED_AT_REST = /histogram_quantile|_sum|status="completed"|status=~"2\.\."|render_storage_/;

/**
 * The real rules, fifteen times as fast: a minute takes four seconds. Not faster: processes remember for four seconds how
 * their servers are, so that one slow answer would raise an alert.
 */
function hastened(file: string): RuleFile {
  const content = ruleFile(file);
  for (const group of content.groups) {
    group.interval = '500ms';
    for (const rule of group.rules) {
      if (rule.for !== undefined) rule.for = shortened(rule.for);
    }
  }
  return content;
}

function shortened(duration: string): string {
  const [, count, unit] = /^(\d+)([mh])$/.exec(duration)!;
  return unit === 'm' ? `${Number(count) * 4}s` : `${Number(count) * 4}m`;
}

/** The real settings with the addresses of this deployment, scraping as fast. */
function scraping(deployment: Deployment): object {
  const { scrape_configs } = parse(text('deploy/monitoring/prometheus/prometheus.yml'));
  const target = (url: string): object => ({ static_configs: [{ targets: [new URL(url).host] }] });
  const at: Record<string, string> = { 'pop-render-api': deployment.apiUrl, 'pop-render-worker': deployment.workerUrl };
  return {
    // A scrape waits for the health checks, which wait for two seconds at most.
    global: { scrape_interval: '3s', scrape_timeout: '3s', evaluation_interval: '500ms' },
    scrape_configs: (scrape_configs as { job_name: string; metrics_path: string }[]).map(
      ({ job_name, metrics_path }) => ({ job_name, metrics_path, ...target(at[job_name]) }),
    ),
  };
}

describe('a real Prometheus that watches a real deployment', () => {
  let redis: OwnRedis;
  let deployment: Deployment;
  let prometheus: OwnPrometheus;

  beforeAll(async () => {
    redis = await OwnRedis.start();
    deployment = await Deployment.prepare({ queue: 'redis', storage: 'filesystem', redis: redis.config });
    await Promise.all([deployment.startApi(), deployment.startWorker()]);
    const files = Object.fromEntries(filesIn(...RULES).map((file) => [file, hastened(file)]));
    prometheus = await OwnPrometheus.start(scraping(deployment), files);
  });
  afterAll(async () => {
    await prometheus?.close();
    await deployment?.close();
    await redis?.close();
  });

  it('knows every metric that an alert or a panel asks for', async () => {
    const scrapes = await Promise.all(
      [deployment.apiUrl, deployment.workerUrl].map(async (url) => (await fetch(`${url}/metrics`)).text()),
    );
    const exported = scrapes.join('\n').matchAll(/^# TYPE (\S+) (\S+)$/gm);
    const known = new Set([
      ...OF_PROMETHEUS,
      ...rules().flatMap(({ record }) => record ?? []),
      ...[...exported].flatMap(([, name, type]) => {
        return type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
      }),
    ]);
    const asked = expressions().flatMap(seriesIn);
    expect([...new Set(asked)].filter((name) => !known.has(name)).sort()).toEqual([]);
    expect(asked.length).toBeGreaterThan(100);
  });

  it('has a number for every panel before the first request and the first render', async () => {
    const panels = dashboards()
      .flatMap(({ title, panels }) => panels.map((panel) => [title, panel] as const))
      .flatMap(([title, panel]) => (panel.targets ?? []).map(({ expr }) => [`${title}: ${panel.title}`, expr] as const))
      .filter(([, expr]) => !UNDEFINED_AT_REST.test(expr));
    expect(panels.length).toBeGreaterThan(50);
    const empty = async (): Promise<string[]> => {
      const answers = await Promise.all(panels.map(([, expr]) => prometheus.query(filledIn(expr))));
      const isEmpty = (i: number): boolean =>
        answers[i].length === 0 || answers[i].some(({ value }) => Number.isNaN(Number(value[1])));
      return panels.filter((_, i) => isEmpty(i)).map(([title]) => title);
    };
    await until('all have numbers', async () => (await empty()).length === 0).catch(() => undefined);
    expect(await empty()).toEqual([]);
    const errors = await prometheus.query('sum(http_errors_total)');
    expect(errors.map(({ value }) => value[1])).toEqual(['0']);
    // Where there is nothing to ask, there is no zero either.
    const elsewhere = panels.filter(([, expr]) => expr.includes('$job') && !expr.includes('absent'));
    const samples = await Promise.all(
      elsewhere.map(([, expr]) => prometheus.query(filledIn(expr.replaceAll('$job', 'another')))),
    );
    expect(elsewhere.filter((_, i) => samples[i].length > 0).map(([title]) => title)).toEqual([]);
  });

  it('finds the labels that they select by on the series of a finished render', async () => {
    const client = new ApiClient(deployment.apiUrl);
    const { body } = await client.createRender(FLOWER());
    expect(await client.ended(body.render_id as string)).toMatchObject({ status: 'completed' });
    const pairs = [
      ...new Set(
        expressions()
          .flatMap(matchersIn)
          .map((pair) => pair.join(' ')),
      ),
    ]
      .map((pair) => pair.split(' '))
      .filter(([series]) => !isRare(series));
    const missing = async (): Promise<string[]> => {
      const found = await Promise.all(
        pairs.map(([series, label]) => prometheus.query(`count(${series}{${label}!=""})`)),
      );
      return pairs.filter((_, i) => found[i].length === 0).map((pair) => pair.join(' '));
    };
    await until('the render was scraped', async () => (await missing()).length === 0).catch(() => undefined);
    expect(await missing()).toEqual([]);
    // The values as well: one that is misspelt selects nothing, for ever.
    const selectors = [...new Set(expressions().flatMap(selectorsIn))].filter(
      (selector) => !isRare(selector.split('{')[0]),
    );
    const found = await Promise.all(selectors.map((selector) => prometheus.query(`count(${selector})`)));
    expect(selectors.filter((_, i) => found[i].length === 0)).toEqual([]);
    expect(selectors.length).toBeGreaterThan(50);
    // The objective is counted at this bound.
    expect(await prometheus.query('render_turnaround_seconds_bucket{le=~"30([.]0)?"}')).not.toEqual([]);
  });

  it('can be inspected by the procedures of the runbook', async () => {
    await until('all is well', async () => (await prometheus.firing()).join() === 'Watchdog', 60_000);
    const terminal = await Terminal.open({ PROMETHEUS: prometheus.url, PROMETHEUS_CONFIG: prometheus.settings });
    try {
      const [scraping, loading, arriving] = proceduresOf('docs/runbooks/monitoring.md');
      const scraped = await terminal.run(scraping.code);
      expect(scraped).toMatchObject({ exitCode: 0 });
      for (const job of ['pop-render-api', 'pop-render-worker']) {
        expect(scraped.output).toMatch(new RegExp(`^up{.*job="${job}".*} => 1 @`, 'm'));
      }
      expect(scraped.output).toMatch(/^\{endpoint="[^"]*\/v1\/renders"\} => [1-9]/m);
      expect(scraped.output.match(/"health":"up"/g)).toHaveLength(2);

      const loaded = await terminal.run(loading.code);
      expect(loaded).toMatchObject({ exitCode: 0 });
      expect(loaded.output.trim().split('\n').at(-1)).toBe(String(rules().filter(({ alert }) => alert).length));

      const { output } = await terminal.run(arriving.code);
      expect(output).toContain('alertname="Watchdog"');
    } finally {
      await terminal.close();
    }
  });

  it('guarantee: a Redis outage fires its alert, which resolves with the outage', async () => {
    await until('all is well', async () => (await prometheus.firing()).join() === 'Watchdog', 60_000);
    expect((await prometheus.alerts()).filter(({ health }) => health !== 'ok')).toEqual([]);
    expect(await prometheus.stateOf('RedisDown')).toBe('inactive');

    await redis.kill();
    await until('the alert is pending', async () => (await prometheus.stateOf('RedisDown')) === 'pending');
    await until('the alert fires', async () => (await prometheus.stateOf('RedisDown')) === 'firing');
    const others = (await prometheus.firing()).filter((name) => name.endsWith('Down') && name !== 'RedisDown');
    expect(others).toEqual([]);

    await redis.run();
    await until('the alert has ended', async () => (await prometheus.stateOf('RedisDown')) === 'inactive', 60_000);
  });
});

const expressions = (): string[] => [
  ...rules().map(({ expr }) => expr),
  ...dashboards().flatMap(({ panels }) => panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))),
];
