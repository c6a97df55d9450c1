// How long the parts of the service take that look at the whole queue.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as sleep } from 'node:timers/promises';
import { LeaderLock, ReconcilerProgressRepository } from '#persistence';
import { createLogger } from '#observability';
import { root } from '../../apps/embedded/prepare.mjs';
import { Reconciler, ROUND_LIMITS } from '../../dist/apps/worker/src/reconciler.js';

const SCRAPE_PERIOD_MS = 15_000;

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

async function secondsOf(work) {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** @returns {Promise<number[]>} seconds of each time */
async function repeated(times, work) {
  const seconds = [];
  for (let i = 0; i < times; i++) seconds.push(await secondsOf(work));
  return seconds;
}

/** Seconds that a scrape, and `queue status`, wait for the database and the queue. */
export async function readingSeconds({ statistics, operations, queue }) {
  await statistics.backlog(); // Connections are made.
  await queue.counts();
  return {
    rows: median(await repeated(15, () => statistics.backlog())),
    jobs: median(await repeated(15, () => queue.counts())),
    status: median(await repeated(15, () => Promise.all([operations.backlog(), queue.operations.state()]))),
  };
}

/** Seconds of each of the rounds that one walk through the queue takes, while nothing is missing. */
export async function roundSeconds({ store, statistics, queue, dataSource }, rows) {
  const reconciler = new Reconciler(
    ...[store, statistics, new ReconcilerProgressRepository(dataSource), queue, new LeaderLock(dataSource)],
    { requeued: () => undefined }, // Its metrics.
    { periodMs: 0, idleMs: 0, ...ROUND_LIMITS },
    createLogger('bench', { logLevel: 'WARNING' }),
  );
  return repeated(Math.ceil(rows / ROUND_LIMITS.roundSize) + 1, () => reconciler.reconcile());
}

/** Seconds of a `pop-render` command from its start to its end. */
export function commandSeconds(env, ...args) {
  return secondsOf(
    () =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [path.join(root, 'dist/apps/cli/src/main.js'), ...args, '--json'], {
          stdio: ['ignore', 'ignore', 'inherit'],
          env: { ...process.env, ...env },
        });
        child.once('error', reject);
        child.once('exit', (code) =>
          code === 0 ? resolve() : reject(new Error(`pop-render ${args.join(' ')} ended with ${code}`)),
        );
      }),
  );
}

/**
 * Lets the workers look after the queue, and are scraped meanwhile. One render after the other loses its worker.
 * @returns {Promise<{ reclaimed: number[], redisShare: number | undefined }>} seconds until each was taken back; share of a core
 */
export async function watchWorkers(deployment, workers, { seconds }) {
  const scraping = setInterval(() => {
    for (const url of workers) {
      void fetch(`${url}/metrics`).then(
        (answer) => answer.text(),
        () => undefined,
      );
    }
  }, SCRAPE_PERIOD_MS);
  try {
    const started = performance.now();
    const before = deployment.redis && (await deployment.redisCpuSeconds());
    const reclaimed = [];
    while (performance.now() - started < seconds * 1000) {
      const id = await deployment.loseWorker();
      reclaimed.push(await secondsOf(() => until(async () => (await deployment.statusOf(id)) !== 'started')));
      await sleep(1_000 + Math.random() * 3_000);
    }
    const elapsed = (performance.now() - started) / 1000;
    const used = deployment.redis && (await deployment.redisCpuSeconds()) - before;
    return { reclaimed, redisShare: used === undefined ? undefined : used / elapsed };
  } finally {
    clearInterval(scraping);
  }
}

/** Seconds until the workers have filled an emptied queue. */
export async function healingSeconds(deployment) {
  await deployment.emptyQueue();
  return secondsOf(() => until(() => hasAllJobs(deployment), 500));
}

async function hasAllJobs({ queue, statistics }) {
  const { queued } = await statistics.backlog();
  const { waiting, delayed, active } = await queue.counts();
  return waiting + delayed + active >= queued;
}

async function until(isDone, pauseMs = 100) {
  for (const end = Date.now() + 300_000; !(await isDone()); await sleep(pauseMs)) {
    if (Date.now() > end) throw new Error('Not done within five minutes');
  }
}
