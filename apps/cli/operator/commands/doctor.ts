import { tmpdir } from 'node:os';
import { type AppConfig, loadConfig, loadServersConfig, QUEUE_POOL_MAX, type ServerName } from '#config';
import { ConfigurationError } from '#core';
import { choiceOption, type CommandContext, parseCommandLine } from '../../command.js';
import { faultsFound } from '../../failures.js';
import { fail, type Finding, ok } from '../doctor/findings.js';
import { OPERATOR_HELP, operatorOptions, readVariables } from '../operator-line.js';
import { answer, counted } from '../output.js';

/** What may be checked alone. */
const PARTS = ['settings', 'machine', 'database', 'queue', 'storage', 'services'] as const;
type Part = (typeof PARTS)[number];

export const help = (): string => `Checks what a deployment needs and says what to do about what it lacks.

Usage:
  pop-render doctor [options]

Settings, all faults at once; PostgreSQL with its schema, seed, connections and renders; Redis and the queue,
whether it is paused and who works; the object store, where it writes, links and removes a small object; this machine's
memory, processors, ports and temporary folder, and how far the processes that decode and render can be confined.
Run it where a service runs, with the same settings. Warnings are no failure; ends with 7 when a check fails.

Options:
  --only PART          ${PARTS.join(', ')}; may be given several times
  --quiet              only what is not as it should be
${OPERATOR_HELP}`;

const options = {
  ...operatorOptions,
  only: { type: 'string', multiple: true },
  quiet: { type: 'boolean', default: false },
} as const;

/** Of a worker beside the API processes: it has a pool of its own. */
const WORKERS = 1;

export async function run(args: string[], context: CommandContext): Promise<void> {
  const { values } = parseCommandLine(args, options);
  const parts = new Set(values.only?.map((part) => choiceOption('only', part, PARTS)!) ?? PARTS);
  const findings = await examine(await readVariables(values['env-file']), parts);
  const count = (status: Finding['status']): number => findings.filter((finding) => finding.status === status).length;
  const [failed, warnings] = [count('fail'), count('warn')];
  const shown = values.quiet ? findings.filter(({ status }) => status !== 'ok') : findings;
  answer(context, values.json, { healthy: failed === 0, failed, warnings, findings: shown }, () =>
    [...shown.flatMap(describe), `${findings.length} checks: ${failed} failed, ${counted(warnings, 'warning')}`].join(
      '\n',
    ),
  );
  if (failed > 0) throw faultsFound(`${counted(failed, 'check')} failed`);
}

async function examine(variables: NodeJS.ProcessEnv, parts: ReadonlySet<Part>): Promise<readonly Finding[]> {
  const temporary = variables.TMPDIR?.trim() || tmpdir();
  const { config, findings } = readSettings(variables);
  const checks: Record<Part, () => Promise<readonly Finding[]>> = {
    settings: async () => findings,
    machine: async () => [
      ...(await (await import('../doctor/check-host.js')).checkMachine(temporary)),
      ...(await (await import('../doctor/check-sandbox.js')).checkSandbox()),
    ],
    database: () =>
      withSettings(variables, 'database', async ({ database }) =>
        (await import('../doctor/check-database.js')).checkDatabase(database, mostConnections(database, config)),
      ),
    queue: () =>
      withSettings(variables, 'queue', async ({ queue }) =>
        (await import('../doctor/check-queue.js')).checkQueue(queue),
      ),
    storage: () =>
      withSettings(variables, 'storage', async ({ storage }) =>
        (await import('../doctor/check-storage.js')).checkStorage(storage, temporary),
      ),
    services: async () => (config ? (await import('../doctor/check-host.js')).checkServices(config) : []),
  };
  const wanted = PARTS.filter((part) => parts.has(part));
  return (await Promise.all(wanted.map((part) => checks[part]()))).flat();
}

/** What the pools of the API processes and a worker may grow to. On PostgreSQL the queue has one in each, the worker two. */
function mostConnections({ pool }: AppConfig['database'], config?: AppConfig): number {
  const processes = (config?.api.processes ?? 1) + WORKERS;
  const queuePools = config?.queue.backend === 'postgres' ? processes + WORKERS : 0;
  return processes * pool.max + queuePools * QUEUE_POOL_MAX;
}

function readSettings(variables: NodeJS.ProcessEnv): { config?: AppConfig; findings: Finding[] } {
  try {
    return { config: loadConfig(variables), findings: [ok('settings', 'valid')] };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const advice = 'Set it in the environment of the services, or in the file given with --env-file';
    return { findings: error.details!.map(({ message }) => fail('settings', message, advice)) };
  }
}

/** Checks a server whose own settings are valid, whatever is wrong with others; what is invalid was told already. */
async function withSettings<N extends ServerName>(
  variables: NodeJS.ProcessEnv,
  server: N,
  check: (config: Pick<AppConfig, N>) => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  let config: Pick<AppConfig, N>;
  try {
    config = loadServersConfig(variables, [server]);
  } catch (error) {
    if (error instanceof ConfigurationError) return [];
    throw error;
  }
  return check(config);
}

const MARKS = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL' };

function describe({ check, status, message, advice }: Finding): string[] {
  const line = `${MARKS[status]}  ${check.padEnd(22)}  ${message}`;
  return advice === undefined ? [line] : [line, `      ${' '.repeat(22)}  -> ${advice}`];
}
