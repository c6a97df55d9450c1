import { cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { temporaryFolder } from '../support/processes.js';
import { chart, helm, type KubernetesObject, objectsIn, the, valuesFile } from './chart.js';

jest.setTimeout(60_000);

describe('the Helm chart, with rules and dashboards', () => {
  let folder: string;
  let remove: () => Promise<void>;
  let objects: KubernetesObject[];
  const dashboard = '{\n  "title": "Prints",\n  "panels": [{ "legendFormat": "{{instance}}" }]\n}';

  beforeAll(async () => {
    [folder, remove] = await temporaryFolder();
    await cp(chart, folder, { recursive: true, filter: (file) => !file.includes('/monitoring') || file === chart });
    await cp(path.join(chart, 'templates'), path.join(folder, 'templates'), { recursive: true });
    await mkdir(path.join(folder, 'monitoring/rules'), { recursive: true });
    await mkdir(path.join(folder, 'monitoring/dashboards'));
    await writeFile(path.join(folder, 'monitoring/rules/alerts.yaml'), RULES);
    await writeFile(path.join(folder, 'monitoring/dashboards/prints.json'), dashboard);
    const { stdout, stderr } = await helm('template', 'pop-render', folder, '--values', valuesFile('everything'));
    expect(stderr).toBe('');
    objects = objectsIn(stdout);
  });
  afterAll(() => remove());

  it('hands rules to the operator as they are, with runbooks where they can be read', () => {
    const rule = the(objects, 'PrometheusRule', 'prints-alerts');
    expect(rule.metadata.labels).toMatchObject({ release: 'prometheus' });
    const [alert, record] = rule.spec.groups[0].rules;
    expect(alert).toEqual({
      alert: 'RendersStuck',
      expr: 'max by (service) (render_oldest_queued_age_seconds) > 600',
      for: '5m',
      labels: { severity: 'page' },
      annotations: {
        summary: 'Renders of {{ $labels.service }} wait for {{ $value | humanizeDuration }}',
        runbook_url: 'https://git.example.com/pop-render/blob/main/docs/runbooks/alerts.md#rendersstuck',
      },
    });
    expect(record).toEqual({ record: 'service:renders:rate5m', expr: 'sum(rate(render_jobs_total[5m]))' });
  });

  it('hands dashboards to Grafana byte by byte', () => {
    const { metadata, data } = the(objects, 'ConfigMap', 'prints-dashboard-prints');
    expect(metadata.labels).toMatchObject({ grafana_dashboard: '1' });
    expect(metadata.annotations).toMatchObject({ grafana_folder: 'Pop-Render' });
    expect(data).toEqual({ 'pop-render-prints.json': `${dashboard}\n` });
  });
});

const RULES = `groups:
  - name: renders
    rules:
      - alert: RendersStuck
        expr: max by (service) (render_oldest_queued_age_seconds) > 600
        for: 5m
        labels: { severity: page }
        annotations:
          summary: Renders of {{ $labels.service }} wait for {{ $value | humanizeDuration }}
          runbook_url: docs/runbooks/alerts.md#rendersstuck
      - record: service:renders:rate5m
        expr: sum(rate(render_jobs_total[5m]))
`;

