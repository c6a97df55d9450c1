import type { Worker } from 'node:cluster';
import { takeEnvironment } from '#config';

/** Asked by a process of the cluster at its start. */
interface SecretsWanted {
  readonly kind: 'secrets-wanted';
}
interface Secrets {
  readonly kind: 'secrets';
  readonly variables: NodeJS.ProcessEnv;
}

/** Lets a process of the cluster have its secrets when it asks for them. */
export function answerSecrets(worker: Worker, variables: NodeJS.ProcessEnv): void {
  worker.on('message', ({ kind }: SecretsWanted) => {
    if (kind === 'secrets-wanted') worker.send({ kind: 'secrets', variables } satisfies Secrets, () => undefined);
  });
}

/** The environment of a process of the cluster, with the secrets that its supervisor sends. */
export function memberEnvironment(): Promise<NodeJS.ProcessEnv> {
  return new Promise((resolve) => {
    const onMessage = ({ kind, variables }: Secrets): void => {
      if (kind !== 'secrets') return;
      process.off('message', onMessage);
      resolve({ ...takeEnvironment(), ...variables });
    };
    process.on('message', onMessage);
    process.send!({ kind: 'secrets-wanted' } satisfies SecretsWanted);
  });
}
