import { writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { setPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { type SerializedError, serializeError } from '#core';
import { MAX_DETAILS, MAX_MESSAGE_LENGTH, MAX_STACK_LENGTH, type ProcessReport } from './process-report.js';

/** The descriptor over which tasks come and reports go, as lines of JSON. */
export const CHANNEL_FD = 3;
/** Below the parent's: however busy the processors are with pictures, it answers. The threads inherit it. */
export const NICENESS = 5;

type Execute<Task, Result> = (task: Task, onProgress: (fraction: number) => void) => Promise<Result>;

/**
 * Makes this process one of a {@link ProcessPool}: one task at a time over a channel of its own. It lives and dies by its
 * parent; signals meant for the whole group are the parent's to act on.
 */
export function serveTasks<Task, Result>(execute: Execute<Task, Result>): void {
  const channel = new Socket({ fd: CHANNEL_FD, readable: true, writable: true });
  const report = (message: ProcessReport<Result>): void => void channel.write(`${JSON.stringify(message)}\n`);
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  channel.on('error', end).on('close', end);
  exitWithParent();
  yieldToParent();
  createInterface(channel).on('line', (line) => {
    report({ kind: 'accepted' });
    execute(
      JSON.parse(line) as Task,
      percents((fraction) => report({ kind: 'progress', fraction })),
    ).then(
      (result) => report({ kind: 'done', result }),
      (error: unknown) => report({ kind: 'failed', error: shortened(serializeError(error)) }),
    );
  });
}

/** At once: a graceful exit would wait for native work in the thread pool. */
function end(): void {
  process.kill(process.pid, 'SIGKILL');
  // The first process of a namespace is immune to its own signals.
  process.abort();
}

/** Passes on a fraction when it has grown by a percent. */
function percents(onProgress: (fraction: number) => void): (fraction: number) => void {
  let last = -1;
  return (fraction) => {
    const percent = Math.floor(fraction * 100);
    if (!(percent > last)) return;
    last = percent;
    onProgress(fraction);
  };
}

function shortened({ code, message, hint, details, stack }: SerializedError): SerializedError {
  const text = (long: string): string => long.slice(0, MAX_MESSAGE_LENGTH);
  return {
    code,
    message: text(message),
    hint: hint && text(hint),
    details: details?.slice(0, MAX_DETAILS).map((detail) => ({
      field: text(detail.field),
      message: text(detail.message),
    })),
    stack: stack?.slice(0, MAX_STACK_LENGTH),
  };
}

const WATCH_PARENT = `
const parent = require('node:worker_threads').workerData;
setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGKILL'), 1000);
`;

/**
 * A main thread that is stuck never hears that the channel has closed; a thread of its own does notice. In a namespace of
 * processes the parent is never seen to go: there the tool that made the namespace ends all of it.
 */
function exitWithParent(): void {
  const watchdog = new Worker(WATCH_PARENT, { eval: true, env: {}, workerData: process.ppid });
  watchdog.unref();
}

/** Gives way to the parent: at the processors, and when memory runs out. A sandbox may have done so before. */
function yieldToParent(): void {
  try {
    setPriority(NICENESS);
  } catch {
    // Not allowed: then all are equal.
  }
  try {
    writeFileSync('/proc/self/oom_score_adj', '1000');
  } catch {
    // Not Linux, not allowed, or not visible from here: then the kernel chooses as it sees fit.
  }
}
