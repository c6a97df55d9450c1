import { type KubernetesObject, pods, selects } from './chart.js';

interface Named {
  readonly name: string;
}
const namesOf = (list: readonly Named[] | undefined): string => (list ?? []).map(({ name }) => name).join();

/** Every reference of a release that leads nowhere, or elsewhere than it should. */
export function danglingIn(objects: readonly KubernetesObject[]): string[] {
  return [...danglingObjects(objects), ...danglingPods(objects)];
}

/** Selectors, ports and targets of what surrounds the pods. */
function danglingObjects(objects: readonly KubernetesObject[]): string[] {
  const all = pods(objects);
  const chosen = (selector: object) => all.filter(({ labels }) => selects(selector, labels));
  const portOf = (selector: object) => namesOf(chosen(selector).flatMap(({ spec }) => spec.containers[0].ports ?? []));
  const services = objects.filter(({ kind }) => kind === 'Service');
  const finds = ({ kind, metadata, spec }: KubernetesObject): boolean => {
    const own = `-${metadata.labels?.['app.kubernetes.io/component']}`;
    switch (kind) {
      case 'Service':
        return portOf({ matchLabels: spec.selector }) === spec.ports[0].targetPort;
      case 'Deployment':
      case 'PodDisruptionBudget':
        return namesOf(chosen(spec.selector).map(({ owner }) => owner.metadata)).endsWith(own);
      case 'NetworkPolicy':
        return (
          chosen(spec.podSelector).length > 0 &&
          (spec.ingress ?? []).every(({ ports }: { ports: { port: string }[] }) => {
            return portOf(spec.podSelector) === ports[0].port;
          })
        );
      case 'ServiceMonitor': {
        const scraped = services.filter((service) => selects(spec.selector, service.metadata.labels ?? {}));
        return namesOf(scraped.flatMap((service) => service.spec.ports)) === spec.endpoints[0].port;
      }
      case 'HorizontalPodAutoscaler':
      case 'ScaledObject':
        return has(objects, 'Deployment', spec.scaleTargetRef.name);
      case 'Ingress': {
        const { name, port } = spec.rules[0].http.paths[0].backend.service;
        return namesOf(services.find((service) => service.metadata.name === name)?.spec.ports) === port.name;
      }
      default:
        return true;
    }
  };
  return objects.filter((object) => !finds(object)).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
}

/** Probes, volumes, environment and account of the pods. */
function danglingPods(objects: readonly KubernetesObject[]): string[] {
  return pods(objects).flatMap(({ owner, spec }) => {
    const [container] = spec.containers;
    const probes = ['startupProbe', 'livenessProbe', 'readinessProbe'].flatMap((probe) => container[probe] ?? []);
    const claims = (spec.volumes ?? []).flatMap((volume: KubernetesObject) => volume.persistentVolumeClaim ?? []);
    const account = spec.serviceAccountName ?? 'default';
    // "more" and Secrets of other names were there before the release.
    const sources = (container.envFrom ?? []).filter(({ configMapRef, secretRef }: KubernetesObject) => {
      return configMapRef ? configMapRef.name !== 'more' : secretRef.name.endsWith('-migrate');
    });
    const fine = {
      probes: probes.every(({ httpGet }) => httpGet.port === namesOf(container.ports)),
      claims: claims.every(({ claimName }: { claimName: string }) => has(objects, 'PersistentVolumeClaim', claimName)),
      mounts: sorted(container.volumeMounts) === sorted(spec.volumes),
      environment: sources.every(({ configMapRef, secretRef }: KubernetesObject) => {
        return has(objects, configMapRef ? 'ConfigMap' : 'Secret', (configMapRef ?? secretRef).name);
      }),
      account: account === 'default' || has(objects, 'ServiceAccount', account),
    };
    const broken = Object.entries(fine).filter(([, holds]) => !holds);
    return broken.map(([what]) => `${owner.kind} ${owner.metadata.name}: ${what}`);
  });
}

function has(objects: readonly KubernetesObject[], kind: string, name: string): boolean {
  return objects.some((object) => object.kind === kind && object.metadata.name === name);
}

function sorted(list: readonly Named[] | undefined): string {
  return namesOf([...(list ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1)));
}
