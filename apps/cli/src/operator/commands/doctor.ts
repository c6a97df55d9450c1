import { tmpdir } from 'node:os';
import { type AppConfig, loadConfig, loadServersConfig, QUEUE_POOL_MAX, type ServerName } from '#config';
import { ConfigurationError } from '#core';
import { choiceOption, type CommandContext, parseCommandLine } from '../../command.js';
import { checksFailed } from '../../failures.js';
import type { ConnectionDemand } from '../doctor/check-database.js';
import { fail, type Finding, ok, type Report } from '../doctor/findings.js';
import { OPERATOR_HELP, operatorOptions, readVariables } from '../operator-options.js';
import { printResult, pluralize } from '../output.js';

/** What may be checked alone. */
const PARTS = ['settings', 'machine', 'database', 'queue', 'storage', 'services'] as const;
type Part = (typeof PARTS)[number];

export const help = (): string => `Checks a deployment and explains how to fix what is missing or wrong.

Usage:
  pop-render doctor [options]

Settings, all errors at once; PostgreSQL with its schema, seed, connections and renders; Redis and the queue,
whether it is paused and who works; the object store, where it writes, links and removes a small object, and its room; this machine's
memory, processors, ports and temporary folder, and how far the processes that decode and render can be confined.
Run it where a service runs, with the same settings. Checks run side by side, each for 5 seconds at most, and are printed as
they end. Warnings are no failure; ends with 7 when a check fails.

Options:
  --only PART          ${PARTS.join(', ')}; may be given several times
  --quiet              only what is not as it should be
${OPERATOR_HELP}`;

const options = {
  ...operatorOptions,
  only: { type: 'string', multiple: true },
  quiet: { type: 'boolean', default: false },
} as const;

/** Where none is seen: those of the settings, and a worker beside the API. */
const LEAST_WORKERS = 1;

export async function run(args: string[], context: CommandContext): Promise<void> {
  const { values } = parseCommandLine(args, options);
  const parts = new Set(values.only?.map((part) => choiceOption('only', part, PARTS)!) ?? PARTS);
  const isShown = ({ status }: Finding): boolean => !values.quiet || status !== 'ok';
  const findings = await examine(await readVariables(values['env-file']), parts, (some) => {
    if (values.json) return;
    for (const finding of some.filter(isShown)) for (const line of describe(finding)) context.print(line);
  });
  const count = (status: Finding['status']): number => findings.filter((finding) => finding.status === status).length;
  const [failed, warnings] = [count('fail'), count('warn')];
  const document = { healthy: failed === 0, failed, warnings, findings: findings.filter(isShown) };
  printResult(
    ...([context, values.json, document] as const),
    () => `${findings.length} checks: ${failed} failed, ${pluralize(warnings, 'warning')}`,
  );
  if (failed > 0) throw checksFailed(`${pluralize(failed, 'check')} failed`);
}

/** Carries the checks of the parts out side by side. @returns what they found, in the order of the parts */
async function examine(
  variables: NodeJS.ProcessEnv,
  parts: ReadonlySet<Part>,
  print: Report,
): Promise<readonly Finding[]> {
  const temporary = variables.TMPDIR?.trim() || tmpdir();
  const { config, findings } = readSettings(variables);
  const checks: Record<Part, (report: Report) => Promise<void>> = {
    settings: async (report) => report(findings),
    machine: async (report) => {
      report(await (await import('../doctor/check-host.js')).checkMachine(temporary));
      report(await (await import('../doctor/check-sandbox.js')).checkSandbox());
    },
    database: (report) =>
      withSettings(variables, 'database', async ({ database }) =>
        (await import('../doctor/check-database.js')).checkDatabase(
          database,
          demandOf(database, variables, config),
          report,
        ),
      ),
    queue: (report) =>
      withSettings(variables, 'queue', async ({ queue }) =>
        (await import('../doctor/check-queue.js')).checkQueue(queue, report),
      ),
    storage: (report) =>
      withSettings(variables, 'storage', async ({ storage }) =>
        (await import('../doctor/check-storage.js')).checkStorage(storage, temporary, report, config?.database),
      ),
    services: async (report) => {
      if (config) report(await (await import('../doctor/check-host.js')).checkServices(config));
    },
  };
  const found = PARTS.filter((part) => parts.has(part)).map((part) => ({ part, findings: [] as Finding[] }));
  await Promise.all(
    found.map(({ part, findings: kept }) =>
      checks[part]((some) => {
        kept.push(...some);
        print(some);
      }),
    ),
  );
  return found.flatMap(({ findings: kept }) => kept);
}

/** What the services may open: on PostgreSQL the queue has a pool in each process, and in a worker two. */
function demandOf(
  { pool }: AppConfig['database'],
  variables: NodeJS.ProcessEnv,
  config: AppConfig | undefined,
): ConnectionDemand {
  const inDatabase = variables.QUEUE_BACKEND?.trim() === 'postgres';
  return {
    expected: async () => ({
      api: config?.api.processes ?? 1,
      workers: Math.max(LEAST_WORKERS, await workersOfQueue(variables)),
    }),
    most: ({ api, workers }) => (api + workers) * pool.max + (inDatabase ? (api + 2 * workers) * QUEUE_POOL_MAX : 0),
  };
}

/** @returns 0 when the queue cannot be asked, which its own check reports */
async function workersOfQueue(variables: NodeJS.ProcessEnv): Promise<number> {
  let workers = 0;
  await withSettings(variables, 'queue', async ({ queue }) => {
    workers = await (await import('../doctor/check-queue.js')).connectedWorkers(queue);
  });
  return workers;
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

/** Checks a server whose own settings are valid, whatever is wrong with others; invalid settings were reported already. */
async function withSettings<N extends ServerName>(
  variables: NodeJS.ProcessEnv,
  server: N,
  check: (config: Pick<AppConfig, N>) => Promise<void>,
): Promise<void> {
  let config: Pick<AppConfig, N>;
  try {
    config = loadServersConfig(variables, [server]);
  } catch (error) {
    if (error instanceof ConfigurationError) return;
    throw error;
  }
  await check(config);
}

const MARKS = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL' };

function describe({ check, status, message, advice }: Finding): string[] {
  const line = `${MARKS[status]}  ${check.padEnd(22)}  ${message}`;
  return advice === undefined ? [line] : [line, `      ${' '.repeat(22)}  -> ${advice}`];
}
