import { helm, type KubernetesObject, objectsIn, pods, release, render, selects, egressPorts, the } from './chart.js';

const SETS = ['default', 'minimal', 'keda', 'postgres-queue', 'filesystem', 'everything'] as const;

jest.setTimeout(60_000);

describe('around the pods of the Helm chart', () => {
  const rendered = new Map<string, KubernetesObject[]>();
  const of = (set: (typeof SETS)[number]): KubernetesObject[] => rendered.get(set)!;
  beforeAll(async () => {
    await Promise.all(SETS.map(async (set) => rendered.set(set, await render(set))));
  });

  describe('autoscaling', () => {
    it('scales workers on processor time and the depth of the queue, and shrinks slowly', () => {
      const { spec } = the(of('everything'), 'HorizontalPodAutoscaler', 'prints-worker');
      expect([spec.minReplicas, spec.maxReplicas]).toEqual([2, 16]);
      expect(spec.metrics).toEqual([
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
        {
          type: 'External',
          external: {
            metric: { name: 'render_queue_depth', selector: { matchLabels: { service: 'pop-render' } } },
            target: { type: 'AverageValue', averageValue: '10' },
          },
        },
      ]);
      expect(spec.behavior.scaleDown).toEqual({
        stabilizationWindowSeconds: 600,
        policies: [{ type: 'Pods', value: 1, periodSeconds: 120 }],
      });
      for (const role of ['api', 'worker']) {
        expect(the(of('everything'), 'Deployment', `prints-${role}`).spec).not.toHaveProperty('replicas');
      }
    });

    it('leaves workers to KEDA alone where asked: for what waits and for renders in progress', () => {
      const objects = of('keda');
      expect(objects.filter(({ kind }) => kind === 'HorizontalPodAutoscaler')).toEqual([]);
      expect(the(objects, 'Deployment', 'pop-render-worker').spec).not.toHaveProperty('replicas');
      const { spec } = the(objects, 'ScaledObject', 'pop-render-worker');
      expect(spec).toMatchObject({
        minReplicaCount: 3,
        maxReplicaCount: 12,
        fallback: { failureThreshold: 3, replicas: 4 },
      });
      expect(spec.triggers.map(({ metadata }: KubernetesObject) => metadata)).toMatchObject([
        { query: 'max(render_queue_depth{service="pop-render",namespace="pop-render"})', threshold: '10' },
        {
          query: 'max(renders_in_state{service="pop-render",state="started",namespace="pop-render"})',
          threshold: '2',
          ignoreNullValues: 'false',
        },
      ]);
    });

    it('is needed for a budget of disruptions, or a second pod', () => {
      const budgets = (set: (typeof SETS)[number]) =>
        of(set)
          .filter(({ kind }) => kind === 'PodDisruptionBudget')
          .map(({ spec }) => [spec.maxUnavailable, spec.unhealthyPodEvictionPolicy]);
      expect(budgets('minimal')).toEqual([]);
      expect(budgets('everything')).toEqual([
        [1, 'AlwaysAllow'],
        [1, 'AlwaysAllow'],
      ]);
    });
  });

  describe('the network', () => {
    it('is closed but for the servers of the settings', async () => {
      const deny = the(of('default'), 'NetworkPolicy', 'pop-render-default-deny').spec;
      expect([deny.policyTypes, deny.ingress, deny.egress]).toEqual([['Ingress', 'Egress'], undefined, undefined]);
      for (const { labels } of pods(of('default'))) expect(selects(deny.podSelector, labels)).toBe(true);
      expect(egressPorts(of('default'))).toEqual([53, 5432, 6379, 9000]);
      expect(egressPorts(of('postgres-queue'))).toEqual([53, 5432, 9000]);
      expect(egressPorts(of('filesystem'))).toEqual([53, 5432, 6379]);
      expect(egressPorts(of('everything'), 'prints')).toEqual([53, 6432, 6380, 443, 443, 3128]);
      const { stdout } = await helm(
        ...release('default', '--skip-schema-validation'),
        ...['--set', 'config.OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318'],
        ...['--set', 'config.MINIO_USE_SSL=true,config.MINIO_ENDPOINT=s3.example.com'],
        ...['--set', 'config.SENTRY_DSN=https://key@sentry.example.com:9443/1'],
      );
      expect(egressPorts(objectsIn(stdout))).toEqual([53, 5432, 6379, 443, 4318, 9443]);
    });

    it('lets in those who ask for prints and metrics, by the ports that the pods name', () => {
      const from = (name: string) => {
        const [{ ports, from: peers }] = the(of('default'), 'NetworkPolicy', name).spec.ingress;
        return [ports[0].port, peers.map((peer: KubernetesObject) => Object.values(peer)[0].matchLabels)];
      };
      const namespace = (name: string) => ({ 'kubernetes.io/metadata.name': name });
      expect(from('pop-render-worker')).toEqual(['metrics', [namespace('monitoring')]]);
      expect(from('pop-render-api')).toEqual([
        'http',
        [
          expect.objectContaining({ 'app.kubernetes.io/component': 'test' }),
          namespace('ingress-nginx'),
          namespace('monitoring'),
        ],
      ]);
    });

    it('lets the migration reach the database, and the test the API by the port that its pods name', () => {
      const egress = (name: string) => the(of('default'), 'NetworkPolicy', name).spec.egress as KubernetesObject[];
      const ports = (name: string) => egress(name).map(({ ports: [{ port }] }) => port as string | number);
      expect(ports('pop-render-migrate')).toEqual([53, 5432]);
      // Policies see the port of the pod, not that of the Service.
      expect(ports('pop-render-test')).toEqual([53, 'http']);
      const [{ podSelector }] = egress('pop-render-test')[1].to as KubernetesObject[];
      const reached = pods(of('default')).filter(({ labels }) => selects(podSelector as object, labels));
      expect(reached.map(({ owner }) => owner.metadata.name)).toEqual(['pop-render-api']);
    });

    it('shows clients the API and not its metrics, and links begin with its address', () => {
      const { spec, metadata } = the(of('filesystem'), 'Ingress', 'pop-render-api');
      expect(spec.rules[0].http.paths.map(({ path }: { path: string }) => path)).toEqual(['/v1', '/health']);
      expect(spec.tls).toEqual([{ secretName: 'prints-tls', hosts: ['prints.example.com'] }]);
      expect(metadata.annotations).toMatchObject({ 'nginx.ingress.kubernetes.io/proxy-body-size': '52m' });
      expect(the(of('filesystem'), 'ConfigMap', 'pop-render').data.PUBLIC_URL).toBe('https://prints.example.com');
    });
  });
});
