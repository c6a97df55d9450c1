import { cp, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { temporaryFolder } from '../support/processes.js';
import { alerts, at, filesIn, promtool, RULES, RULE_TESTS, rules, text } from './sources.js';

/** What the documents of the service name; renaming one breaks the routes of receivers. */
const DOCUMENTED = [
  'HighErrorRate',
  'HighQueueDepth',
  'DatabaseDown',
  'RedisDown',
  'StorageDown',
  'HighRenderFailureRate',
  'SlowRenderPerformance',
  'HighMemoryUsage',
  'StorageSpaceRunningOut',
];

interface RuleTest {
  readonly alertname: string;
  readonly exp_alerts: unknown[];
}

const cases = (): RuleTest[] =>
  filesIn(...RULE_TESTS).flatMap((file) => {
    const { tests } = parse(text(...RULE_TESTS, file)) as { tests: { alert_rule_test?: RuleTest[] }[] };
    return tests.flatMap(({ alert_rule_test = [] }) => alert_rule_test);
  });

const names = (): string[] =>
  alerts()
    .map(({ alert }) => alert)
    .sort();

describe('alert rules', () => {
  it('are valid to Prometheus, every file of them', async () => {
    const checked = await promtool('check', 'rules', ...filesIn(...RULES).map((file) => at(...RULES, file)));
    expect(checked.match(/SUCCESS/g)).toHaveLength(filesIn(...RULES).length);
  });

  it.each(filesIn(...RULE_TESTS))('fire when they should, and only then: %s', async (file) => {
    expect(await promtool('test', 'rules', at(...RULE_TESTS, file))).toContain('SUCCESS');
  });

  it('have a case in which each fires and one in which it does not', () => {
    const raised = (fires: boolean): string[] =>
      [
        ...new Set(
          cases()
            .filter((c) => c.exp_alerts.length > 0 === fires)
            .map((c) => c.alertname),
        ),
      ].sort();
    expect(raised(true)).toEqual(names());
    // The dead man's switch is the one that never stops.
    expect(raised(false)).toEqual(names().filter((name) => name !== 'Watchdog'));
  });

  it('keep their documented names, each name once', () => {
    expect(names()).toEqual(expect.arrayContaining(DOCUMENTED));
    expect(new Set(names()).size).toBe(names().length);
    const recorded = rules().flatMap(({ record }) => record ?? []);
    expect(new Set(recorded).size).toBe(recorded.length);
  });

  it.each(alerts().map((rule) => [rule.alert, rule] as const))('route by severity: %s', (name, rule) => {
    expect(['critical', 'warning', 'info', 'none']).toContain(rule.labels?.severity);
    expect(rule.annotations).toEqual({
      summary: expect.stringMatching(/\S/),
      description: expect.stringMatching(/\.$|\?$/),
      runbook_url: `docs/runbooks/alerts.md#${name.toLowerCase()}`,
    });
  });

  it('have a section in the runbook each, and no section is left over', () => {
    const sections = [...text('docs/runbooks/alerts.md').matchAll(/^### (\w+)$/gm)].map(([, title]) => title);
    expect(sections.sort()).toEqual(names());
  });

  it('have the severity and all parts of their section filled in', () => {
    const severities = new Map(alerts().map(({ alert, labels }) => [alert, labels!.severity]));
    const [, ...sections] = text('docs/runbooks/alerts.md').split(/^### /m);
    for (const section of sections) {
      const [name, , severity] = section.split('\n');
      expect([name, severity.toLowerCase()]).toEqual([name, `${severities.get(name)}.`]);
      for (const part of ['Meaning', 'Impact', 'Look first', 'Do', 'Over when']) {
        expect(section).toMatch(new RegExp(`^- \\*\\*${part}:\\*\\* \\S`, 'm'));
      }
    }
  });
});

describe('deploy/monitoring/prometheus', () => {
  it.each(filesIn('deploy', 'monitoring', 'prometheus').filter((file) => file.endsWith('.yml')))(
    '%s is valid to Prometheus, with the rules beside it',
    async (file) => {
      const [folder, remove] = await temporaryFolder();
      try {
        await mkdir(path.join(folder, 'rules'));
        await cp(at(...RULES), path.join(folder, 'rules'), { recursive: true });
        await cp(at('deploy', 'monitoring', 'prometheus', file), path.join(folder, file));
        const checked = await promtool('check', 'config', path.join(folder, file));
        expect(checked).toContain(`${filesIn(...RULES).length} rule files found`);
      } finally {
        await remove();
      }
    },
  );

  it('scrapes API and worker under the job names that the rules ask for', () => {
    const { scrape_configs } = parse(text('deploy/monitoring/prometheus/prometheus.yml')) as {
      scrape_configs: { job_name: string }[];
    };
    expect(scrape_configs.map(({ job_name }) => job_name)).toEqual(['pop-render-api', 'pop-render-worker']);
  });
});
