// `npm run bench -- queue`: what looking after a long queue costs, on servers of its own, held against bars.
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../apps/embedded/prepare.mjs';
import { verdictOf } from '../bars.mjs';
import { tableOf } from '../table.mjs';
import { Servers } from './servers.mjs';

const HELP = `Usage: npm run bench -- queue [options]

Fills a queue with renders that wait and measures what the service does with all of them: metrics, \`queue status\`, rounds of
the reconciler, renders of dead workers, \`requeue --all-pending\`. Starts its own PostgreSQL and Redis.

  --rows N         renders that wait (200000)
  --backend NAME   redis, postgres or both (both)
  --seconds N      how long two workers are watched (60)
  --json FILE      the table for programs
  --help           this text

Ends with 1 when a bar is missed. It takes some five minutes a backend.`;

const BACKENDS = { redis: ['redis'], postgres: ['postgres'], both: ['redis', 'postgres'] };

function readOptions(args) {
  const { values } = parseArgs({
    args,
    options: {
      rows: { type: 'string', default: '200000' },
      backend: { type: 'string', default: 'both' },
      seconds: { type: 'string', default: '60' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  for (const name of ['rows', 'seconds']) {
    if (!/^[1-9]\d{0,6}$/.test(values[name])) throw new Error(`--${name} must be a whole number from 1 to 9999999`);
  }
  if (!(values.backend in BACKENDS)) throw new Error('--backend must be redis, postgres or both');
  return {
    ...{ help: values.help, rows: Number(values.rows), seconds: Number(values.seconds) },
    ...{ backends: BACKENDS[values.backend], json: values.json && path.resolve(values.json) },
  };
}

/** @returns {Promise<import('../bars.mjs').Row[]>} */
async function measureBackend(backend, { rows, seconds }, servers, note) {
  const { BenchDeployment } = await import('./deployment.mjs');
  const measure = await import('./measurements.mjs');
  const results = [];
  const add = (measured, value, unit, bar) => {
    if (value === undefined) return;
    results.push({ subject: backend, measure: measured, value, unit, bar });
    note(`${backend}: ${measured}: ${value.toFixed(3)} ${unit}`);
  };
  const deployment = await BenchDeployment.open(backend, servers);
  try {
    const command = (...args) => measure.commandSeconds(deployment.env, ...args);
    await command('queue', 'pause', '--yes');
    for (const count of [0, Math.min(1_000, rows), rows]) {
      await deployment.fill(count);
      const restoring = await command('requeue', '--all-pending', '--yes');
      const reading = await measure.readingSeconds(deployment);
      add(`scrape, database: ${count} waiting`, reading.rows * 1000, 'ms', { most: 50 });
      add(`scrape, queue: ${count} waiting`, reading.jobs * 1000, 'ms', { most: 50 });
      add(`queue status: ${count} waiting`, reading.status * 1000, 'ms', { most: 100 });
      if (count === rows) add('requeue --all-pending, empty queue', restoring, 's', { most: 60 });
    }
    add('requeue --all-pending, full queue', await command('requeue', '--all-pending', '--yes'), 's', { most: 60 });
    add('command queue status, with its start', await command('queue', 'status'), 's');
    const rounds = await measure.roundSeconds(deployment, rows);
    add('round of the reconciler, median', measure.median(rounds), 's', { most: 2 });
    add('round of the reconciler, longest', Math.max(...rounds), 's', { most: 2 });
    const workers = [await servers.startWorker(deployment.env), await servers.startWorker(deployment.env)];
    const watched = await measure.watchWorkers(deployment, workers, { seconds });
    add('dead lease reclaimed, median', measure.median(watched.reclaimed), 's');
    add('dead lease reclaimed, longest', Math.max(...watched.reclaimed), 's', { most: 15 });
    if (watched.redisShare !== undefined) add('Redis, share of a core', watched.redisShare * 100, '%', { most: 5 });
    add('emptied queue filled by two workers', await measure.healingSeconds(deployment), 's');
  } finally {
    await deployment.close();
  }
  return results;
}

function describeMachine() {
  const processors = cpus();
  const model = processors[0]?.model ?? 'unknown processor';
  const lines = [`${processors.length} x ${model}, Node ${process.versions.node}, ${new Date().toISOString()}`];
  const busy = loadavg()[0];
  if (busy > 0.5) {
    lines.push(`Other work keeps this machine busy (load ${busy.toFixed(1)}): times are not to be trusted`);
  }
  return lines.join('\n');
}

/** @param {string[]} args @returns {Promise<number>} exit code */
export async function runQueueBench(args) {
  const options = readOptions(args);
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  const note = (text) => console.error(text);
  const machine = describeMachine();
  note(machine);
  ensureBuilt();
  const rows = [];
  for (const backend of options.backends) {
    const servers = new Servers();
    const stop = () => void servers.stop().then(() => process.exit(130));
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
    try {
      rows.push(...(await measureBackend(backend, options, servers, note)));
    } finally {
      await servers.stop();
      for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, stop);
    }
  }
  const missed = rows.filter((row) => verdictOf(row) === 'missed').length;
  const verdict = missed === 0 ? 'No bar missed' : `Bars missed: ${missed}`;
  console.log(`\n${machine}\n${options.rows} renders wait\n\n${tableOf(rows)}\n\n${verdict}`);
  if (options.json) {
    const judged = rows.map((row) => ({ ...row, verdict: verdictOf(row) || undefined }));
    writeFileSync(options.json, `${JSON.stringify({ machine, waiting: options.rows, rows: judged }, null, 2)}\n`);
  }
  return missed === 0 ? 0 : 1;
}
