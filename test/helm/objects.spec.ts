import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loadConfig } from '#config';
import { SETTINGS } from '../../libs/config/src/settings.js';
import { egressPorts, validationErrors, type KubernetesObject, pods, render, run, the, tool } from './chart.js';
import { danglingIn } from './references.js';

const SETS = ['default', 'minimal', 'dev', 'secret-refs', 'keda', 'postgres-queue', 'filesystem', 'everything'] as const;
const SECRET = /PASSWORD|SECRET|ACCESS_KEY|SIGNING_KEY|TOKEN|DSN/;

jest.setTimeout(60_000);

describe('objects of the Helm chart', () => {
  const rendered = new Map<string, KubernetesObject[]>();
  const of = (set: (typeof SETS)[number]): KubernetesObject[] => rendered.get(set)!;
  beforeAll(async () => {
    await Promise.all(SETS.map(async (set) => rendered.set(set, await render(set))));
  });

  describe.each(SETS)('with the %s values', (set) => {
    it('have names of their own, one namespace and the standard labels', () => {
      const names = of(set).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      expect(new Set(names).size).toBe(names.length);
      for (const { metadata } of of(set)) {
        expect(metadata.namespace).toBe(set === 'everything' ? 'printing' : 'pop-render');
        expect(metadata.labels).toMatchObject({
          'app.kubernetes.io/name': 'pop-render',
          'app.kubernetes.io/instance': 'pop-render',
          'app.kubernetes.io/version': '0.1.0',
          'app.kubernetes.io/managed-by': 'Helm',
        });
      }
    });

    it('run as the restricted pod security standard asks, with limited memory and a limited /tmp', () => {
      expect(pods(of(set)).length).toBeGreaterThanOrEqual(3);
      for (const { spec } of pods(of(set))) {
        expect(spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
        expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 });
        expect(spec.securityContext.seccompProfile).toEqual({ type: 'RuntimeDefault' });
        for (const container of spec.containers) {
          expect(container.securityContext).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            runAsNonRoot: true,
            capabilities: { drop: ['ALL'] },
            seccompProfile: { type: 'RuntimeDefault' },
          });
          expect(container.resources.limits.memory).toMatch(/^\d+[MG]i$/);
          expect(container.resources.requests).toHaveProperty('cpu');
        }
        for (const { emptyDir } of (spec.volumes ?? []).filter((volume: object) => 'emptyDir' in volume)) {
          expect(emptyDir.sizeLimit).toMatch(/^\d+[MG]i$/);
        }
      }
    });

    it('find one another: selectors their pods, ports their names, autoscalers and claims what they name', () => {
      expect(danglingIn(of(set))).toEqual([]);
    });

    it('keep secrets out of ConfigMaps, and give the service settings that it accepts', () => {
      const { spec } = pods(of(set)).find(({ owner }) => owner.metadata.name.endsWith('-api'))!;
      const [container] = spec.containers;
      const config = the(of(set), 'ConfigMap', container.envFrom[0].configMapRef.name).data as Record<string, string>;
      expect(Object.keys(config).filter((name) => SECRET.test(name))).toEqual([]);
      const names = ['DB_PASSWORD', 'MINIO_ACCESS_KEY', 'MINIO_SECRET_KEY', 'STORAGE_SIGNING_KEY'];
      const secrets = Object.fromEntries(names.map((name) => [name, '9f8e2c41d7b05a63e1c49d2f7a8b3650']));
      const { api } = loadConfig({ ...config, ...secrets, WORKER_COUNT: '1' });
      expect(container.ports).toEqual([{ name: 'http', containerPort: api.port }]);
    });

    it('run one API process and one worker in a pod', () => {
      const serving = pods(of(set)).filter(({ owner }) => owner.kind === 'Deployment');
      expect(serving).toHaveLength(2);
      for (const { spec } of serving) {
        expect(spec.containers[0].env).toContainEqual({ name: 'WORKER_COUNT', value: '1' });
      }
    });
  });

  it('have the documented names, labels, replicas, ports and probes', () => {
    const objects = of('default');
    expect(the(objects, 'Deployment', 'pop-render-api').spec.replicas).toBe(3);
    expect(the(objects, 'Deployment', 'pop-render-worker').spec.replicas).toBe(4);
    expect(the(objects, 'Service', 'pop-render-api').spec.ports).toEqual([
      { name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' },
    ]);
    for (const [role, port, portNumber] of [['api', 'http', 8089] as const, ['worker', 'metrics', 8090] as const]) {
      const { template } = the(objects, 'Deployment', `pop-render-${role}`).spec;
      expect(template.metadata.labels.app).toBe(`pop-render-${role}`);
      const [container] = template.spec.containers;
      expect(container).toMatchObject({ name: role, image: `pop-render:0.1.0-${role}` });
      expect(container.ports).toEqual([{ name: port, containerPort: portNumber }]);
      const limits = { timeoutSeconds: 5, failureThreshold: 3 };
      expect(container.livenessProbe).toEqual({
        httpGet: { path: '/health/liveness', port },
        initialDelaySeconds: 10,
        periodSeconds: 30,
        ...limits,
      });
      expect(container.readinessProbe).toEqual({
        httpGet: { path: '/health/readiness', port },
        initialDelaySeconds: 5,
        periodSeconds: 10,
        ...limits,
      });
      expect(container.startupProbe.httpGet).toEqual({ path: '/health/liveness', port });
    }
  });

  it('probe and scrape a port that no ingress reaches, with METRICS_PORT', async () => {
    const on = 'config.METRICS_PORT=9102,monitoring.serviceMonitor.enabled=true';
    const objects = await render('default', '--set', on);
    const [container] = the(objects, 'Deployment', 'pop-render-api').spec.template.spec.containers;
    expect(container.ports).toEqual([
      { name: 'http', containerPort: 8089 },
      { name: 'metrics', containerPort: 9102 },
    ]);
    for (const probe of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
      expect(container[probe].httpGet.port).toBe('metrics');
    }
    expect(the(objects, 'Service', 'pop-render-api').spec.ports).toEqual([
      { name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' },
      { name: 'metrics', port: 9102, targetPort: 'metrics', protocol: 'TCP' },
    ]);
    expect(the(objects, 'ServiceMonitor', 'pop-render-api').spec.endpoints[0].port).toBe('metrics');
    const [http, metrics] = the(objects, 'NetworkPolicy', 'pop-render-api').spec.ingress;
    const monitoring = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } };
    expect([http.ports[0].port, metrics.ports[0].port]).toEqual(['http', 'metrics']);
    expect(http.from).not.toContainEqual(monitoring);
    expect(metrics.from).toEqual([monitoring]);
    expect(await validationErrors(objects)).toEqual([]);
  });

  it('have names that Kubernetes takes, however long that of the release is', async () => {
    const on = 'cleanup.enabled=true,doctor.enabled=true,worker.autoscaling.enabled=true';
    const objects = await render('default', '--set', `fullnameOverride=${'prints-'.repeat(10)},${on}`);
    // Kubernetes adds 11 characters to the name of a CronJob, and has no more than 63 for most others.
    const tooLong = objects.filter(({ kind, metadata }) => metadata.name.length > (kind === 'CronJob' ? 52 : 63));
    expect(tooLong.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([]);
    expect(new Set(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).size).toBe(objects.length);
  });

  it('know the same defaults as the service', async () => {
    const unset = ['DB_PORT', 'REDIS_PORT'].flatMap((name) => ['--set', `config.${name}=null`]);
    const objects = await render('default', ...unset);
    const known = (name: string) => Number(SETTINGS.get(name)!.default);
    expect(the(objects, 'Deployment', 'pop-render-api').spec.template.spec.containers[0].ports[0].containerPort).toBe(
      known('API_PORT'),
    );
    expect(
      the(objects, 'Deployment', 'pop-render-worker').spec.template.spec.containers[0].ports[0].containerPort,
    ).toBe(known('WORKER_PORT'));
    expect(egressPorts(objects)).toEqual([53, known('DB_PORT'), known('REDIS_PORT'), 9000]);
    expect(the(objects, 'Deployment', 'pop-render-worker').spec.template.spec.terminationGracePeriodSeconds).toBe(
      known('SHUTDOWN_GRACE_SECONDS') + 15,
    );
  });

  it('give pods the time they need to stop, and never fewer API pods than asked for', () => {
    const graces = (set: 'default' | 'everything', name: string) =>
      ['api', 'worker'].map(
        (role) => the(of(set), 'Deployment', `${name}-${role}`).spec.template.spec.terminationGracePeriodSeconds,
      );
    expect(graces('default', 'pop-render')).toEqual([5 + 25 + 10, 25 + 15]);
    expect(graces('everything', 'prints')).toEqual([5 + 120 + 10, 120 + 15]);
    const { strategy, template } = the(of('default'), 'Deployment', 'pop-render-api').spec;
    expect(strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
    expect(template.spec.containers[0].lifecycle.preStop.exec.command).toEqual(['sleep', '5']);
  });

  it('roll the pods when a setting or secret changes', async () => {
    const sums = async (...args: string[]) => {
      const { metadata } = the(await render('dev', ...args), 'Deployment', 'pop-render-api').spec.template;
      return [metadata.annotations['checksum/config'], metadata.annotations['checksum/secrets']];
    };
    const [[config, secrets], setting, secret] = await Promise.all([
      sums(),
      sums('--set', 'config.LOG_LEVEL=INFO'),
      sums('--set', 'secrets.DB_PASSWORD=other'),
    ]);
    expect([setting[0] === config, setting[1] === secrets]).toEqual([false, true]);
    expect([secret[0] === config, secret[1] === secrets]).toEqual([true, false]);
  });

  it('hand secrets over as they are, single ones from where the cluster has them', () => {
    for (const name of ['pop-render', 'pop-render-migrate']) {
      const data = Object.entries(the(of('dev'), 'Secret', name).data as Record<string, string>);
      expect(Object.fromEntries(data.map(([key, text]) => [key, Buffer.from(text, 'base64').toString()]))).toEqual({
        DB_PASSWORD: 'postgres',
        MINIO_ACCESS_KEY: 'minioadmin',
        MINIO_SECRET_KEY: 'minioadmin-secret',
      });
    }
    const readers = pods(of('secret-refs')).filter(({ owner }) => owner.kind !== 'Pod');
    expect(readers).toHaveLength(3);
    for (const { spec } of readers) {
      const valueFrom = { secretKeyRef: { name: 'pop-render-db', key: 'password' } };
      expect(spec.containers[0].env).toContainEqual({ name: 'DB_PASSWORD', valueFrom });
    }
  });

  it('write large numbers in full', () => {
    expect(the(of('everything'), 'ConfigMap', 'prints').data.ORPHAN_AGE_SECONDS).toBe('31536000');
  });

  it('share a folder that outlives the release where there is no S3', () => {
    const claim = the(of('filesystem'), 'PersistentVolumeClaim', 'pop-render-storage');
    expect(claim.spec.accessModes).toEqual(['ReadWriteMany']);
    expect(claim.metadata.annotations).toMatchObject({ 'helm.sh/resource-policy': 'keep' });
    const mounted = pods(of('filesystem')).filter(({ spec }) =>
      spec.containers[0].volumeMounts?.some(({ mountPath }: { mountPath: string }) => mountPath === '/data'),
    );
    expect(mounted.map(({ owner }) => owner.metadata.name).sort()).toEqual([
      'pop-render-api',
      'pop-render-cleanup',
      'pop-render-worker',
    ]);
  });

  it('prefer the nodes for workers where asked', () => {
    const { affinity } = the(of('everything'), 'Deployment', 'prints-worker').spec.template.spec;
    expect(affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution).toEqual([
      {
        weight: 100,
        preference: { matchExpressions: [{ key: 'workload', operator: 'In', values: ['render-worker'] }] },
      },
    ]);
    expect(the(of('default'), 'Deployment', 'pop-render-worker').spec.template.spec).not.toHaveProperty('affinity');
  });

  it('migrate before anything else changes, with copies that are gone afterwards', () => {
    const objects = of('dev');
    const hook = ({ metadata }: KubernetesObject, what: string) => metadata.annotations?.[`helm.sh/${what}`];
    const job = the(objects, 'Job', 'pop-render-migrate');
    const own = objects.filter(({ metadata }) => metadata.name === 'pop-render-migrate');
    expect(own.map(({ kind }) => kind).sort()).toEqual(['ConfigMap', 'Job', 'Secret']);
    for (const object of own) {
      expect(hook(object, 'hook')).toBe('pre-install,pre-upgrade');
      expect(hook(object, 'hook-delete-policy')).toBe('before-hook-creation,hook-succeeded');
      expect(hook(object, 'hook-weight')).toBe(object.kind === 'Job' ? '-5' : '-10');
    }
    expect(job.spec).toMatchObject({ backoffLimit: 3, activeDeadlineSeconds: 600, ttlSecondsAfterFinished: 86400 });
    const { spec } = job.spec.template;
    expect(spec.containers[0].command).toEqual(['node', 'dist/apps/cli/src/main.js', 'migrate', 'up']);
    // What is of the release itself does not exist yet.
    expect(spec).not.toHaveProperty('serviceAccountName');
    expect(spec.containers[0].envFrom).toEqual([
      { configMapRef: { name: 'pop-render-migrate' } },
      { secretRef: { name: 'pop-render-migrate' } },
    ]);
    expect(the(of('default'), 'NetworkPolicy', 'pop-render-migrate').metadata.annotations).toMatchObject({
      'helm.sh/hook': 'pre-install,pre-upgrade',
    });
    expect(of('minimal').filter(({ kind }) => kind === 'Job')).toEqual([]);
  });

  it('run pods that end where they may, and as the cluster asks of every pod', async () => {
    const ending = pods(of('everything')).filter(({ owner }) => owner.kind !== 'Deployment');
    expect(ending.map(({ owner }) => owner.metadata.name).sort()).toEqual(
      ['cleanup', 'doctor', 'migrate', 'test'].map((task) => `prints-${task}`),
    );
    for (const { labels, annotations, spec } of ending) {
      expect(labels).toMatchObject({ team: 'prints', tier: 'jobs' });
      expect(annotations).toMatchObject({ 'sidecar.istio.io/inject': 'false' });
      expect(spec).toMatchObject({ nodeSelector: { 'kubernetes.io/arch': 'amd64' }, priorityClassName: 'low' });
      expect([spec.restartPolicy, spec.imagePullSecrets]).toEqual(['Never', [{ name: 'registry' }]]);
      expect(spec.tolerations).toEqual([{ key: 'jobs', operator: 'Exists', effect: 'NoSchedule' }]);
    }
    const asking = ending.filter(({ owner }) => owner.kind === 'CronJob');
    expect(asking.map(({ spec }) => spec.containers[0].volumeMounts[1].mountPath)).toEqual(Array(2).fill('/certificates'));
    // An account that was there before the release: with the registry's credentials, perhaps.
    const account = 'serviceAccount.create=false,serviceAccount.name=there-before';
    for (const { spec } of pods(await render('default', '--set', account))) {
      expect(spec.serviceAccountName).toBe('there-before');
    }
  });

  it('clean up and examine the deployment where asked', () => {
    const commands = of('everything')
      .filter(({ kind }) => kind === 'CronJob')
      .map(({ spec }) => spec.jobTemplate.spec.template.spec.containers[0].command.slice(2).join(' '));
    expect(commands).toEqual([
      'cleanup old --days 30 --yes',
      'doctor --only settings --only machine --only database --only queue --only storage',
    ]);
    expect(of('default').filter(({ kind }) => kind === 'CronJob')).toEqual([]);
  });

  it('give Prometheus the jobs that rules expect', () => {
    for (const role of ['api', 'worker']) {
      const { spec } = the(of('everything'), 'ServiceMonitor', `prints-${role}`);
      const service = the(of('everything'), 'Service', `prints-${role}`);
      expect(service.metadata.labels![spec.jobLabel]).toBe(`pop-render-${role}`);
      expect(spec.endpoints).toMatchObject([{ path: '/metrics', interval: '30s', scrapeTimeout: '10s' }]);
      // Our labels "service" and "endpoint" are names that the operator gives labels of its own.
      expect(spec.endpoints[0].honorLabels).toBe(true);
    }
  });

  it('are tested by a pod that passes when the API is healthy and fails when not', async () => {
    const pod = the(of('default'), 'Pod', 'pop-render-test');
    const [{ command, env }] = pod.spec.containers;
    expect(pod.metadata.annotations!['helm.sh/hook']).toBe('test');
    expect(env).toEqual([{ name: 'HEALTH_URL', value: 'http://pop-render-api:80/health' }]);
    const server = createServer((_, response) => response.writeHead(status).end('{"status":"known"}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health`;
    let status = 200;
    const ask = () => run(process.execPath, command.slice(1), '', { HEALTH_URL: url });
    try {
      expect(await ask()).toMatchObject({ code: 0, stdout: '200 {"status":"known"}\n' });
      status = 503;
      expect(await ask()).toMatchObject({ code: 1, stdout: '503 {"status":"known"}\n' });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  it('take the documented change of an image by kubectl', async () => {
    for (const role of ['api', 'worker']) {
      const deployment = the(of('default'), 'Deployment', `pop-render-${role}`);
      const args = ['set', 'image', '--local', '-f', '-', `${role}=example.com/pop-render:1.1.0-${role}`, '-o', 'json'];
      const { stdout, stderr } = await run(await tool('kubectl'), args, JSON.stringify(deployment));
      expect(stderr).toBe('');
      expect(JSON.parse(stdout).spec.template.spec.containers[0].image).toBe(`example.com/pop-render:1.1.0-${role}`);
    }
  });
});
