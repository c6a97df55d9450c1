import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { DOCTOR_TIME_LIMITS, type StorageConfig } from '#config';
import { faultReason, type ObjectStore, uploadKey } from '#core';
import { openObjectStore } from '#storage';
import { formatBytes } from '../output.js';
import { checking, fail, type Finding, ok, type Report, warn } from './findings.js';

/** S3 servers refuse requests that are a quarter of an hour off. */
const CLOCK_SECONDS = 300;
const LITTLE_ROOM_BYTES = 5e9;
const ANSWER_MS = 4_000;

/** The object store: whether it answers, keeps what it is given, and hands it out by links. */
export async function checkStorage(config: StorageConfig, temporary: string, report: Report): Promise<void> {
  const place =
    config.backend === 's3' ? `${addressOf(config.s3.endpoint)}, bucket ${config.s3.bucket}` : config.filesystem.root;
  const advice =
    config.backend === 's3'
      ? 'Check MINIO_ENDPOINT, MINIO_ACCESS_KEY, MINIO_SECRET_KEY, MINIO_REGION and MINIO_BUCKET; services make a missing bucket'
      : 'Check STORAGE_ROOT: services make the folder, and need to write it';
  const store = openObjectStore(config, DOCTOR_TIME_LIMITS);
  try {
    const answers = await checking('storage', advice, async () => {
      await store.ping();
      return ok('storage', `answers at ${place}`);
    });
    report(answers);
    if (answers.some(({ status }) => status === 'fail')) return;
    await Promise.all([
      checking('storage write', advice, () => tryOut(store, config, temporary)).then(report),
      (config.backend === 's3' ? checkClock(addressOf(config.s3.endpoint)) : checkRoom(config.filesystem.root)).then(
        report,
      ),
    ]);
  } finally {
    await store.close();
  }
}

/** Writes, reads, links and removes an object; should it be left, it is an orphan like any other. */
async function tryOut(store: ObjectStore, config: StorageConfig, temporary: string): Promise<Finding[]> {
  const key = uploadKey(randomUUID(), 'doctor.txt');
  const content = `pop-render doctor ${new Date().toISOString()}`;
  const folder = await mkdtemp(path.join(temporary, 'pop-render-doctor-')).catch(() => undefined);
  if (folder === undefined) {
    return [warn('storage write', `not tried: ${temporary} takes no file`, 'Put TMPDIR right first')];
  }
  try {
    const file = path.join(folder, 'probe.txt');
    await writeFile(file, content);
    await store.putFile(key, file, 'text/plain');
    return await readBack(store, key, content, config);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes the object in any case. */
async function readBack(store: ObjectStore, key: string, content: string, config: StorageConfig): Promise<Finding[]> {
  try {
    if ((await buffer(await store.read(key))).toString() !== content) {
      return [fail('storage write', 'what was read is not what was written', 'Do not use this store')];
    }
    const link = await store.signedLink(key, {
      ...{ expiresInSeconds: 60, downloadName: 'doctor.txt', contentType: 'text/plain' },
    });
    return [ok('storage write', 'writes, reads and removes'), await followLink(link, content, config)];
  } finally {
    await store.remove(key);
  }
}

async function followLink(link: string, content: string, { backend }: StorageConfig): Promise<Finding> {
  const { origin } = new URL(link);
  const setting = backend === 's3' ? 'MINIO_PUBLIC_ENDPOINT' : 'PUBLIC_URL';
  const advice = `Clients follow links to ${origin}: check ${setting}${backend === 's3' ? '' : ' and whether the API runs'}`;
  try {
    const response = await fetch(link, { signal: AbortSignal.timeout(ANSWER_MS) });
    if (response.ok && (await response.text()) === content) return ok('storage links', `lead to ${origin}`);
    return fail('storage links', `${origin} answered ${response.status}`, advice);
  } catch (error) {
    return warn('storage links', `${origin} is not reached from here: ${faultReason(error)}`, advice);
  }
}

function checkClock(address: string): Promise<readonly Finding[]> {
  return checking('storage clock', 'Check MINIO_ENDPOINT', async () => {
    const response = await fetch(address, { signal: AbortSignal.timeout(ANSWER_MS) });
    await response.body?.cancel();
    const date = Date.parse(response.headers.get('date') ?? '');
    if (Number.isNaN(date)) return warn('storage clock', 'it tells no time', 'Compare the clocks by hand');
    const seconds = Math.round((date - Date.now()) / 1000);
    if (Math.abs(seconds) < CLOCK_SECONDS) return ok('storage clock', `within ${CLOCK_SECONDS} s of this machine's`);
    return fail('storage clock', `${seconds} s ahead of this machine's`, 'Let both follow the same NTP servers');
  });
}

function checkRoom(root: string): Promise<readonly Finding[]> {
  return checking('storage room', 'Check STORAGE_ROOT', async () => {
    const { bavail, bsize } = await statfs(root);
    const message = `${formatBytes(bavail * bsize)} free under ${root}`;
    if (bavail * bsize >= LITTLE_ROOM_BYTES) return ok('storage room', message);
    return warn('storage room', message, 'Make room: pop-render cleanup old --days 90, or a larger disk');
  });
}

function addressOf({ host, port, tls }: { host: string; port: number; tls: boolean }): string {
  return `http${tls ? 's' : ''}://${host}:${port}`;
}
