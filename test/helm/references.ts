import { type KubernetesObject, pods, selects } from './chart.js';

/** Every reference that leads nowhere. */
export function danglingIn(objects: readonly KubernetesObject[]): string[] {
  const all = pods(objects);
  const exists = (kind: string, name: string) =>
    objects.some((object) => object.kind === kind && object.metadata.name === name);
  const portNames = (selector: object): string[] =>
    all
      .filter(({ labels }) => selects(selector, labels))
      .flatMap(({ spec }) => spec.containers[0].ports ?? [])
      .map(({ name }: { name: string }) => name);
  const dangling: string[] = [];
  const expectTrue = (fine: boolean, what: string) => fine || dangling.push(what);

  for (const { kind, metadata, spec } of objects) {
    const here = `${kind} ${metadata.name}`;
    const component = metadata.labels?.['app.kubernetes.io/component'];
    if (kind === 'Service') {
      const [{ targetPort }] = spec.ports;
      expectTrue(portNames({ matchLabels: spec.selector }).join() === targetPort, `${here}: port ${targetPort}`);
    }
    if (['Deployment', 'PodDisruptionBudget'].includes(kind)) {
      const chosen = all.filter(({ labels }) => selects(spec.selector, labels)).map(({ owner }) => owner.metadata.name);
      expectTrue(chosen.length === 1 && chosen[0].endsWith(`-${component}`), `${here}: selects ${chosen.join()}`);
    }
    if (kind === 'NetworkPolicy') {
      expectTrue(
        all.some(({ labels }) => selects(spec.podSelector, labels)),
        `${here}: selects nothing`,
      );
      for (const { ports } of spec.ingress ?? []) {
        expectTrue(portNames(spec.podSelector).join() === ports[0].port, `${here}: port ${ports[0].port}`);
      }
    }
    if (kind === 'ServiceMonitor') {
      const services = objects.filter((object) => object.kind === 'Service');
      const chosen = services.filter((service) => selects(spec.selector, service.metadata.labels ?? {}));
      const ports = chosen.flatMap((service) => service.spec.ports.map(({ name }: { name: string }) => name));
      expectTrue(ports.join() === spec.endpoints[0].port, `${here}: selects ports ${ports.join()}`);
    }
    if (['HorizontalPodAutoscaler', 'ScaledObject'].includes(kind)) {
      expectTrue(exists('Deployment', spec.scaleTargetRef.name), `${here}: target ${spec.scaleTargetRef.name}`);
    }
    if (kind === 'Ingress') {
      const { service } = spec.rules[0].http.paths[0].backend;
      const target = objects.find((object) => object.kind === 'Service' && object.metadata.name === service.name);
      expectTrue(target?.spec.ports[0].name === service.port.name, `${here}: service ${service.name}`);
    }
  }
  for (const { owner, spec } of all) {
    const here = `${owner.kind} ${owner.metadata.name}`;
    const [container] = spec.containers;
    const probed = ['startupProbe', 'livenessProbe', 'readinessProbe'].map((probe) => container[probe]?.httpGet.port);
    for (const port of probed.filter(Boolean)) {
      expectTrue(container.ports[0].name === port, `${here}: probes port ${port}`);
    }
    for (const volume of spec.volumes ?? []) {
      const claim = volume.persistentVolumeClaim?.claimName;
      if (claim) expectTrue(exists('PersistentVolumeClaim', claim), `${here}: claim ${claim}`);
    }
    const mounts: string[] = (container.volumeMounts ?? []).map(({ name }: { name: string }) => name);
    const volumes: string[] = (spec.volumes ?? []).map(({ name }: { name: string }) => name);
    expectTrue([...mounts].sort().join() === [...volumes].sort().join(), `${here}: mounts ${mounts.join()}`);
    // Names that begin otherwise are of Secrets and ConfigMaps that were there before.
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      if (configMapRef && configMapRef.name !== 'more') expectTrue(exists('ConfigMap', configMapRef.name), `${here}: configMap`);
      if (secretRef?.name.endsWith('-migrate')) expectTrue(exists('Secret', secretRef.name), `${here}: secret`);
    }
    const account = spec.serviceAccountName;
    if (account && account !== 'default') expectTrue(exists('ServiceAccount', account), `${here}: account ${account}`);
  }
  return dangling;
}
