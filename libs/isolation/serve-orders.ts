import { writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { serializeError } from '#core';
import type { ProcessReport } from './process-report.js';

type CarryOut<Order, Result> = (order: Order, onProgress: (fraction: number) => void) => Promise<Result>;

/**
 * Makes this process one of a {@link ProcessPool}: one order at a time over IPC. It lives and dies by its parent; signals
 * meant for the whole group are the parent's to act on.
 */
export function serveOrders<Order, Result>(carryOut: CarryOut<Order, Result>): void {
  const report = (message: ProcessReport<Result>): void => void process.send?.(message);
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  // An orderly exit would wait for native work in the thread pool.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  dieWithParent();
  standFirstInLine();
  process.on('message', (order: Order) => {
    report({ kind: 'accepted' });
    carryOut(order, (fraction) => report({ kind: 'progress', fraction })).then(
      (result) => report({ kind: 'done', result }),
      (error: unknown) => report({ kind: 'failed', error: serializeError(error) }),
    );
  });
}

const WATCH_PARENT = `
const parent = require('node:worker_threads').workerData;
setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGKILL'), 1000);
`;

/** A main thread that is stuck never hears that the channel has closed; a thread of its own does notice. */
function dieWithParent(): void {
  const watch = new Worker(WATCH_PARENT, { eval: true, env: {}, workerData: process.ppid });
  watch.unref();
}

/** When the machine runs out of memory, Linux ends this process rather than its parent. */
function standFirstInLine(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Not Linux, or not allowed: then the kernel chooses as it sees fit.
  }
}
