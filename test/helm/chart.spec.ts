import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { temporaryFolder } from '../support/processes.js';
import { chart, validationErrors, helm, release, render, root, run, valuesFile } from './chart.js';

const text = (file: string): Promise<string> => readFile(path.join(root, file), 'utf8');

jest.setTimeout(60_000);

describe('the Helm chart', () => {
  let sets: string[];
  beforeAll(async () => {
    sets = (await readdir(path.join(chart, 'ci'))).map((file) => file.replace(/-values\.yaml$/, ''));
    expect(sets).toEqual(expect.arrayContaining(['default', 'everything', 'filesystem', 'keda', 'postgres-queue']));
  });

  it('passes helm lint, with any set of values', async () => {
    const outcomes = await Promise.all(sets.map((set) => helm('lint', '--strict', chart, '--values', valuesFile(set))));
    for (const { stdout, code } of outcomes) {
      expect(stdout).toContain('1 chart(s) linted, 0 chart(s) failed');
      expect(stdout).not.toMatch(/WARNING|ERROR/);
      expect(code).toBe(0);
    }
  });

  it('makes only objects that Kubernetes, the Prometheus operator and KEDA know, field by field', async () => {
    const objects = (await Promise.all(sets.map((set) => render(set)))).flat();
    expect(new Set(objects.map(({ kind }) => kind)).size).toBeGreaterThanOrEqual(15);
    const [first] = objects.filter(({ kind }) => kind === 'Deployment');
    const misspelt = structuredClone(first);
    misspelt.metadata.name = 'misspelt';
    misspelt.spec.template.spec.containers[0].readinesProbe = {};
    const mistyped = structuredClone(first);
    mistyped.metadata.name = 'mistyped';
    mistyped.spec.template.spec.containers[0].ports[0].containerPort = 'http';
    const found = await validationErrors([...objects, misspelt, mistyped]);
    expect(found).toEqual([
      expect.stringMatching(/^Deployment mistyped: .*containerPort must be integer/),
      expect.stringMatching(/^Deployment misspelt: .*"readinesProbe"' does not exist/),
      expect.stringMatching(/^Deployment mistyped: /),
    ]);
  });

  it('carries the version of the package', async () => {
    const { version } = JSON.parse(await text('package.json')) as { version: string };
    const about = parse(await text('helm/Chart.yaml')) as Record<string, string>;
    expect([about.version, about.appVersion]).toEqual([version, version]);
    expect(about.kubeVersion).toBe('>=1.27.0-0');
    const old = await helm(...release('default', '--kube-version', '1.26.0'));
    expect(old.stderr).toContain('chart requires kubeVersion: >=1.27.0-0');
  });

  it('accepts exactly the settings of the service, in their ranges', async () => {
    const { stderr, code } = await run(process.execPath, ['tools/settings/main.mjs', '--check']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it.each([
    ['a setting that is unknown', ['--set', 'config.DB_PORTS=1'], "'/config': additional properties 'DB_PORTS'"],
    ['a setting out of its range', ['--set', 'config.DB_PORT=99999'], "'/config/DB_PORT': maximum: got 99,999"],
    ['a choice there is not', ['--set', 'config.LOG_LEVEL=LOUD'], "'/config/LOG_LEVEL': value must be one of 'DEBUG'"],
    ['a flag that is none', ['--set', 'config.REDIS_TLS=perhaps'], "'/config/REDIS_TLS': value must be one of"],
    ['a secret among the settings', ['--set', 'config.DB_PASSWORD=x'], "additional properties 'DB_PASSWORD'"],
    ['the number of processes of a pod', ['--set', 'config.WORKER_COUNT=2'], "additional properties 'WORKER_COUNT'"],
    ['a label that selectors rely on', ['--set', 'api.podLabels.app=x'], "at '/api/podLabels/app': false schema"],
    ['a value that is unknown', ['--set', 'api.replica=3'], "'/api': additional properties 'replica' not allowed"],
    ['a value of the wrong type', ['--set', 'api.replicas=three'], "'/api/replicas': got string, want integer"],
    ['a limit without memory', ['--set', 'api.resources.limits.memory=null'], "missing property 'memory'"],
    ['no secrets', ['--set', 'existingSecret='], 'DB_PASSWORD is required: name a Secret with it in existingSecret'],
    ['both sources of secrets', ['--set', 'secrets.DB_PASSWORD=x'], 'Set existingSecret or secrets, not both'],
    ['no S3 server', ['--set', 'config.MINIO_ENDPOINT=null'], 'config.MINIO_ENDPOINT is required: where the S3'],
    [
      'two autoscalers',
      ['--set', 'worker.autoscaling.enabled=true,worker.keda.enabled=true'],
      'Set worker.autoscaling.enabled or worker.keda.enabled, not both',
    ],
    ['an ingress without hosts', ['--set', 'ingress.enabled=true'], 'ingress.hosts is required'],
    ['a minimum above the maximum', ['--set', 'api.autoscaling.minReplicas=99'], 'minReplicas is greater than'],
  ])('refuses %s with a message', async (_, args, message) => {
    const { code, stderr } = await helm(...release('default', ...args));
    expect(stderr).toContain(message);
    expect(code).toBe(1);
  });

  it('refuses a variable with two sources, and a short signing key', async () => {
    const twice = await helm(...release('dev', '--set', 'secretRefs.DB_PASSWORD.name=a,secretRefs.DB_PASSWORD.key=b'));
    expect(twice.stderr).toContain('DB_PASSWORD is in secrets and in secretRefs: keep one.');
    const short = await helm(...release('filesystem', '--set', 'secrets.STORAGE_SIGNING_KEY=short'));
    expect(short.stderr).toContain("'/secrets/STORAGE_SIGNING_KEY': minLength: got 5, want 32");
  });

  it('runs exactly the images whose digests it is given', async () => {
    const digests = { api: `sha256:${'a1'.repeat(32)}`, worker: `sha256:${'b2'.repeat(32)}` };
    const given = Object.entries(digests).flatMap(([name, digest]) => ['--set', `image.digests.${name}=${digest}`]);
    const { stdout } = await helm(...release('everything', ...given));
    const images = [...stdout.matchAll(/image: "?(\S*pop-render:\S+?)"?$/gm)].map(([, image]) => image);
    expect(images.length).toBeGreaterThan(3);
    for (const image of images) {
      const [, target, digest] = /-(api|worker)@(sha256:[0-9a-f]{64})$/.exec(image)!;
      expect(digest).toBe(digests[target as 'api' | 'worker']);
    }
    const wrong = await helm(...release('dev', '--set', 'image.digests.api=latest'));
    expect(wrong.stderr).toContain("'/image/digests/api'");
  });

  it('takes a map or list with nothing under it for an empty one', async () => {
    const maps = 'commonLabels commonAnnotations secrets secretRefs ingress.annotations persistence.annotations'.split(' ');
    const ofPods = ['api', 'worker', 'jobs'].flatMap((role) => [`${role}.podLabels`, `${role}.podAnnotations`]);
    const lists = ['extraEnv', 'api.extraEnv', 'networkPolicy.ingressFrom', 'networkPolicy.prometheusFrom'];
    const empty = [...maps, ...ofPods, ...lists].map((name) => `${name}=null`).join();
    const { code, stderr } = await helm(...release('default', '--set', empty));
    expect([stderr, code]).toEqual(['', 0]);
  });

  it('documents each value with its default, and no other', async () => {
    const rows = [...(await text('helm/README.md')).matchAll(/^\| `([^`]+)` \| (?:`(.*?)`|(.*?)) \| (.+) \|$/gm)];
    const documented = rows.map(([, name, code, plain]) => `${name} = ${code ?? plain}`);
    expect(documented.sort()).toEqual(leaves(parse(await text('helm/values.yaml'))).sort());
  });

  it('has every object that its guide names, and accepts the values that the guide shows', async () => {
    const guide = await text('docs/kubernetes.md');
    const objects = (await Promise.all(['default', 'keda', 'filesystem'].map((set) => render(set)))).flat();
    const doctor = await render('default', '--set', 'doctor.enabled=true,worker.autoscaling.enabled=true');
    const known = [...objects, ...doctor].flatMap(({ kind, metadata }) => [
      `${kind.toLowerCase()}/${metadata.name}`,
      `app=${metadata.labels?.app}`,
    ]);
    const kinds = { svc: 'service', hpa: 'horizontalpodautoscaler' } as Record<string, string>;
    const commands = guide.match(/^kubectl .*$/gm)!.join('\n');
    const named = [
      ...[...commands.matchAll(/\b(deployment|svc|job|cronjob)\/([a-z-]+)/g)],
      ...[...commands.matchAll(/\b(scaledobject|hpa) (pop-render-[a-z-]+)/g)],
    ].map(([, kind, name]) => `${kinds[kind] ?? kind}/${name}`);
    const labels = commands.match(/\bapp=[a-z-]+/g)!;
    expect(named.length + labels.length).toBeGreaterThan(15);
    expect([...named, ...labels].filter((name) => !known.includes(name))).toEqual([]);

    const shown = [...guide.matchAll(/```yaml\n(.*?)```/gs)].map(([, yaml]) => yaml).filter((yaml) => !/^rules:/.test(yaml));
    expect(shown.length).toBeGreaterThanOrEqual(3);
    const [folder, remove] = await temporaryFolder();
    const files = await Promise.all(
      shown.map(async (yaml, i) => {
        const file = path.join(folder, `${i}.yaml`);
        await writeFile(file, yaml);
        return file;
      }),
    );
    const { stderr, code } = await helm('template', 'pop-render', chart, ...files.flatMap((file) => ['--values', file]));
    await remove();
    expect([stderr, code]).toEqual(['', 0]);
  });

  it('warns of an ingress whose address the API does not know, and accepts the values of the page about proxies', async () => {
    const ingress = ['--set', 'ingress.enabled=true,ingress.hosts={prints.example.com}'];
    expect(await notes(...ingress)).toContain('Set config.TRUSTED_PROXIES');
    const [, values] = /```yaml\n(.*?)```/s.exec(await text('docs/reverse-proxy.md'))!;
    const [folder, remove] = await temporaryFolder();
    const file = path.join(folder, 'values.yaml');
    await writeFile(file, values);
    expect(await notes('--values', file)).not.toContain('TRUSTED_PROXIES');
    await remove();
    expect(await notes()).not.toContain('TRUSTED_PROXIES');
  });
});

/** The notes that the chart prints at the installation with these values. */
async function notes(...args: string[]): Promise<string> {
  const values = ['--dry-run=client', '--values', valuesFile('default'), ...args];
  const { stdout, stderr } = await helm('install', 'pop-render', chart, ...values);
  if (!stdout.includes('NOTES:')) throw new Error(stderr);
  return stdout.slice(stdout.indexOf('NOTES:'));
}

/** "name = default" of every value; lists and the open maps of settings are one value each. */
function leaves(values: Record<string, unknown>, prefix = ''): string[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const name = `${prefix}${key}`;
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    const closed = !/(^config|\.resources|\.strategy|labels|matchLabels|ingress\.annotations)$/.test(name);
    if (isMap && closed && Object.keys(value).length > 0) return leaves(value as Record<string, unknown>, `${name}.`);
    if (value === '') return [`${name} = `];
    if (typeof value !== 'object') return [`${name} = ${typeof value === 'string' ? value : JSON.stringify(value)}`];
    return [`${name} = ${Object.keys(value as object).length === 0 ? JSON.stringify(value) : 'see values.yaml'}`];
  });
}
