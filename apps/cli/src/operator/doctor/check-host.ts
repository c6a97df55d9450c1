import { access, constants, statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import type { AppConfig } from '#config';
import { cpuLimit, memoryLimit } from '#sandbox';
import { formatBytes } from '../output.js';
import { checkNode } from './check-node.js';
import { checking, fail, type Finding, ok, warn } from './findings.js';

const WORKER_BYTES = 256 * 2 ** 20;
/** A render of the largest preset and the photo it comes from. */
const TEMPORARY_BYTES = 2e9;
const ANSWER_MS = 2_000;

/** Node and the folder for temporary files: what any process of ours needs. */
export async function checkMachine(temporary: string): Promise<readonly Finding[]> {
  const room = await checking(
    'temporary files',
    `Let TMPDIR name a folder that may be written, not ${temporary}`,
    async () => {
      await access(temporary, constants.W_OK);
      const { bavail, bsize } = await statfs(temporary);
      const message = `${formatBytes(bavail * bsize)} free under ${temporary}`;
      if (bavail * bsize >= TEMPORARY_BYTES) return ok('temporary files', message);
      return warn(
        'temporary files',
        message,
        `Make room, or lead TMPDIR elsewhere: ${formatBytes(TEMPORARY_BYTES)} are wanted`,
      );
    },
  );
  return [checkNode(process.versions.node, new Date()), ...room];
}

/** Whether this machine or container has what a worker is configured to use, and the ports of the services. */
export async function checkServices({ worker, api }: AppConfig): Promise<readonly Finding[]> {
  const most = memoryLimit() ?? totalmem();
  const wanted = worker.concurrency * worker.renderMemoryBytes + WORKER_BYTES;
  const threads = worker.concurrency * (worker.threads ?? cpuLimit());
  const memory = `a worker may take ${formatBytes(wanted)} of ${formatBytes(most)}`;
  const painting = `a worker paints with ${threads} threads on ${cpuLimit()} processors`;
  return [
    wanted <= most
      ? ok('memory', memory)
      : warn('memory', memory, 'Lower RENDER_MEMORY_MB or RENDER_CONCURRENCY, or give workers more memory'),
    threads <= 2 * cpuLimit()
      ? ok('processors', painting)
      : warn('processors', painting, 'Lower RENDER_THREADS or RENDER_CONCURRENCY'),
    ...(await Promise.all([checkPort('API_PORT', api.port), checkPort('WORKER_PORT', worker.port)])),
  ];
}

/** A service of ours answers there, or no program does. */
async function checkPort(setting: string, port: number): Promise<Finding> {
  const check = setting === 'API_PORT' ? 'port of the API' : 'port of the worker';
  try {
    const response = await fetch(`http://127.0.0.1:${port}/health/liveness`, {
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    await response.body?.cancel();
    if (response.ok) return ok(check, `${port}: a service answers here`);
    return fail(check, `${port} is taken by something else`, `Choose another ${setting}, or end what listens there`);
  } catch (error) {
    const { code } = ((error as Error).cause ?? {}) as NodeJS.ErrnoException;
    if (code === 'ECONNREFUSED') return ok(check, `${port} is free on this machine`);
    return fail(check, `${port} is taken by something that does not answer`, `See what listens on ${setting}`);
  }
}
