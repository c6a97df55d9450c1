import { fileURLToPath } from 'node:url';
import { exposedSecrets } from '#config';
import { chooseSandbox, type ChosenSandbox, PROTECTIONS, type Protection } from '#sandbox';
import { type Finding, ok, warn } from './findings.js';

const CHECK = 'sandbox';
/** Any program of ours: what a process may do does not depend on what it runs. */
const PROGRAM = fileURLToPath(import.meta.url);

/** How far the processes that decode and render are confined here, and whether our secrets can be read by others. */
export async function checkSandbox(): Promise<readonly Finding[]> {
  return [sandboxFinding(await chooseSandbox('auto', { entry: PROGRAM, packages: ['sharp'] })), secretsFinding()];
}

function sandboxFinding({ sandbox, missing, refused }: ChosenSandbox): Finding {
  const held = list((Object.keys(PROTECTIONS) as Protection[]).filter((name) => !missing.includes(name)));
  if (missing.length === 0) return ok(CHECK, `${sandbox.name}: decoders get ${held}`);
  const message = `${sandbox.name}: decoders get ${held || 'what the service has'}, but not ${list(missing)}`;
  const reasons = refused.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  return warn(CHECK, message, `${advice()}${reasons && ` (${reasons})`}`);
}

function advice(): string {
  if (process.platform !== 'linux') return 'Run the service on Linux: elsewhere there is no sandbox';
  return (
    'Install bubblewrap (Debian: apt-get install bubblewrap) and let the service make user namespaces; ' +
    'a container that forbids them leaves it at this'
  );
}

function list(names: readonly Protection[]): string {
  return names.map((name) => PROTECTIONS[name]).join(', ');
}

function secretsFinding(): Finding {
  const names = exposedSecrets();
  if (names.length === 0) return ok('secrets in /proc', 'other processes of this user can read none');
  return warn(
    'secrets in /proc',
    `other processes of this user can read ${names.join(', ')}`,
    'Put them into a file and name it in POP_RENDER_ENV_FILE: they cannot be taken out of the environment here',
  );
}
