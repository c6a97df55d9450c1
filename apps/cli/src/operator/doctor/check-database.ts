import { type AppConfig, DOCTOR_TIME_LIMITS } from '#config';
import { findStyle, resolveSettings } from '#pipelines';
import { openDatabase, type OpenDatabase, type PostgresInfo } from '#persistence';
import { migrationStates, withMigrationConnection } from '../../../../../migrations/migrate.js';
import { compareSeed } from '../../../../../migrations/seed.js';
import { pluralize, formatSeconds } from '../output.js';
import { checking, fail, type Finding, ok, type Report, warn } from './findings.js';

const OLDEST_VERSION = 14;
const LONG_TRANSACTION_SECONDS = 600;
const CLOCK_SECONDS = 5;
const OLD_QUEUE_SECONDS = 900;

/** Processes with pools of connections, as far as they are seen. */
export interface Processes {
  readonly api: number;
  readonly workers: number;
}

/** How many connections the services may open. */
export interface ConnectionDemand {
  /** Processes that the settings, and the queue, know of. */
  readonly expected: () => Promise<Processes>;
  /** Most connections of the pools of these processes. */
  readonly most: (processes: Processes) => number;
}

/** PostgreSQL: the server, the schema, the rows that must be there, and the renders in progress. */
export async function checkDatabase(
  database: AppConfig['database'],
  demand: ConnectionDemand,
  report: Report,
): Promise<void> {
  const place = `${database.host}:${database.port}/${database.name}`;
  const advice = `Check DB_HOST, DB_PORT, DB_NAME, DB_USER, DB_PASSWORD and whether PostgreSQL runs at ${place}`;
  const opening = openDatabase(database, DOCTOR_TIME_LIMITS);
  const findings = await checking('database', advice, async () => {
    await opening;
    return ok('database', `answers at ${place}`);
  });
  report(findings);
  if (findings.some(({ status }) => status === 'fail')) {
    // It may still come to be.
    void opening.then((late) => late.close()).catch(() => undefined);
    return;
  }
  const open = await opening;
  try {
    await Promise.all([
      checking('database server', advice, async () => {
        const [info, expected] = await Promise.all([open.serverInfo(), demand.expected()]);
        const seen = info.processes;
        const processes = { api: Math.max(seen.api, expected.api), workers: Math.max(seen.workers, expected.workers) };
        return checkServer(info, processes, demand.most(processes));
      }).then(report),
      checkContents(database, open, report),
    ]);
  } finally {
    await open.close();
  }
}

async function checkContents(database: AppConfig['database'], open: OpenDatabase, report: Report): Promise<void> {
  const schema = await checking('schema', 'Run: pop-render migrate status', () => checkSchema(database));
  report(schema);
  if (schema.some(({ status }) => status === 'fail')) return;
  await Promise.all([
    checking('seed', 'Run: pop-render seed', () => checkSeed(database)).then(report),
    checking('styles', 'Run: pop-render seed', () => checkStyles(open)).then(report),
    checking('renders', 'See the message', () => checkRenders(open)).then(report),
  ]);
}

function checkServer(info: PostgresInfo, { api, workers }: Processes, wanted: number): Finding[] {
  const major = Math.floor(info.version / 10_000);
  const { connections, maxConnections, ownConnections, idleInTransaction, longestTransactionSeconds } = info;
  const used = `${connections} of ${maxConnections} in use, ${ownConnections} by Pop-Render`;
  const pools = `pools of ${pluralize(api, 'API process', 'API processes')} and ${pluralize(workers, 'worker')} may grow to ${wanted}`;
  const others = connections - ownConnections;
  const ahead = info.clockAheadSeconds;
  return [
    major >= OLDEST_VERSION
      ? ok('database version', `PostgreSQL ${major}`)
      : fail('database version', `PostgreSQL ${major}`, `Use PostgreSQL ${OLDEST_VERSION} or newer`),
    others + wanted <= maxConnections
      ? ok('database connections', `${used}; ${pools}`)
      : warn(
          'database connections',
          `${used}; ${pools}`,
          'Raise max_connections of PostgreSQL, put a pooler in front, lower WORKER_COUNT, or run fewer workers',
        ),
    idleInTransaction === 0 && longestTransactionSeconds < LONG_TRANSACTION_SECONDS
      ? ok('database transactions', `longest ${formatSeconds(longestTransactionSeconds)}`)
      : warn(
          'database transactions',
          `longest ${formatSeconds(longestTransactionSeconds)}, ${idleInTransaction} idle for more than a minute`,
          'Find them in pg_stat_activity: they hold locks and keep vacuum from its work',
        ),
    Math.abs(ahead) < CLOCK_SECONDS
      ? ok('database clock', `within ${CLOCK_SECONDS} s of this machine's`)
      : warn('database clock', `${ahead.toFixed(0)} s ahead of this machine's`, 'Let both follow the same NTP servers'),
  ];
}

async function checkSchema(database: AppConfig['database']): Promise<Finding> {
  const states = await withMigrationConnection(database, migrationStates, DOCTOR_TIME_LIMITS);
  const names = (wanted: string): string[] => states.filter(({ state }) => state === wanted).map(({ name }) => name);
  const [pending, unknown] = [names('pending'), names('unknown')];
  if (pending.length > 0) return fail('schema', `pending: ${pending.join(', ')}`, 'Run: pop-render migrate up');
  if (unknown.length === 0) return ok('schema', `up to date with ${pluralize(states.length, 'migration')}`);
  return warn(
    'schema',
    `newer than this version: ${unknown.join(', ')}`,
    'Finish the upgrade, or roll back by its version',
  );
}

async function checkSeed(database: AppConfig['database']): Promise<Finding> {
  const differences = await withMigrationConnection(database, compareSeed, DOCTOR_TIME_LIMITS);
  if (differences.length === 0) return ok('seed', 'every documented style and size is there');
  const message = differences.map(({ name, kind }) => `${name} ${kind}`).join(', ');
  const grave = differences.some(({ kind }) => kind !== 'changed');
  return (grave ? fail : warn)('seed', message, 'Look at: pop-render seed; then pop-render seed --yes');
}

async function checkStyles({ catalogue }: OpenDatabase): Promise<Finding[]> {
  const styles = await catalogue.listStyles();
  const findings = await Promise.all(
    styles.map(({ slug, algorithmConfig }) =>
      checking('styles', `Set algorithm_config of style ${slug} right; pop-render styles lists settings`, async () => {
        findStyle(slug);
        resolveSettings(slug, algorithmConfig);
        return [];
      }),
    ),
  );
  const problems = findings.flat();
  return problems.length > 0
    ? problems
    : [ok('styles', `${pluralize(styles.length, 'style')}, each with its pipeline`)];
}

async function checkRenders(database: OpenDatabase): Promise<Finding[]> {
  const { queued, oldestQueuedSeconds, started, stuck, failedLastDay } = await database.renderStats();
  const waiting = `${queued} queued, oldest for ${formatSeconds(oldestQueuedSeconds)}; ${started} started`;
  return [
    oldestQueuedSeconds < OLD_QUEUE_SECONDS
      ? ok('renders waiting', waiting)
      : warn('renders waiting', waiting, 'Start more workers, or see why they take no jobs: pop-render queue status'),
    stuck === 0
      ? ok('renders stuck', 'none')
      : warn('renders stuck', String(stuck), 'No worker looks after lost renders: start one, or pop-render reap-stuck'),
    failedLastDay === 0
      ? ok('renders failed', 'none in the last 24 h')
      : warn(
          'renders failed',
          `${failedLastDay} in the last 24 h`,
          'See why: pop-render renders list --status failed --since 24h --group-by error',
        ),
  ];
}
