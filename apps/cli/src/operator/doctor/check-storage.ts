import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type DatabaseConfig, DOCTOR_TIME_LIMITS, type StorageConfig } from '#config';
import { rootCauseMessage, type ObjectStore, type StorageLimits, StorageRoom, uploadKey } from '#core';
import { openDatabase } from '#persistence';
import { openObjectStore } from '#storage';
import { formatBytes } from '../output.js';
import { checking, fail, type Finding, ok, type Report, warn } from './findings.js';

/** S3 servers refuse requests that are a quarter of an hour off. */
const CLOCK_SECONDS = 300;
const LITTLE_ROOM_BYTES = 5e9;
const ANSWER_MS = 4_000;
const ROOM_ADVICE =
  'Make room: pop-render cleanup old --days 90, a larger disk, or another STORAGE_QUOTA_MB or STORAGE_MIN_FREE_MB';

/**
 * The object store: whether it answers, keeps what it is given, hands it out by links, and has room.
 * @param database that of the deployment, which knows what is stored and what will be; without it only the disk is asked
 */
export async function checkStorage(
  config: StorageConfig,
  temporary: string,
  report: Report,
  database?: DatabaseConfig,
): Promise<void> {
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
      ...(config.backend === 's3' ? [checkClock(addressOf(config.s3.endpoint)).then(report)] : []),
      checking('storage room', advice, () => checkRoom(store, config.limits, database)).then(report),
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
    return warn('storage links', `${origin} is not reached from here: ${rootCauseMessage(error)}`, advice);
  }
}

function checkClock(address: string): Promise<readonly Finding[]> {
  return checking('storage clock', 'Check MINIO_ENDPOINT', async () => {
    const response = await fetch(address, { signal: AbortSignal.timeout(ANSWER_MS) });
    await response.body?.cancel();
    const date = Date.parse(response.headers.get('date') ?? '');
    if (Number.isNaN(date)) return warn('storage clock', 'it sends no date', 'Compare the clocks by hand');
    const seconds = Math.round((date - Date.now()) / 1000);
    if (Math.abs(seconds) < CLOCK_SECONDS) return ok('storage clock', `within ${CLOCK_SECONDS} s of this machine's`);
    return fail('storage clock', `${seconds} s ahead of this machine's`, 'Let both follow the same NTP servers');
  });
}

/** Of the disk alone, or where the database can be asked, as the API sees it when it accepts renders. */
async function checkRoom(
  store: ObjectStore,
  limits: StorageLimits,
  database: DatabaseConfig | undefined,
): Promise<Finding[]> {
  const free = await store.freeBytes();
  if (free === null && limits.quotaBytes === undefined) return [];
  const places = [
    ...(free === null ? [] : [`${formatBytes(free)} free, ${formatBytes(limits.minFreeBytes)} of them kept free`]),
    ...(limits.quotaBytes === undefined ? [] : [`a quota of ${formatBytes(limits.quotaBytes)}`]),
  ].join(', ');
  const open = database && (await openDatabase(database, DOCTOR_TIME_LIMITS).catch(() => undefined));
  try {
    const report = open && (await new StorageRoom(store, open.storageUsage, open.statistics, limits).read());
    const room = report ? report.roomBytes : (free ?? Number.POSITIVE_INFINITY) - limits.minFreeBytes;
    if (room === Number.POSITIVE_INFINITY) {
      return [warn('storage room', places, 'How much of it is used is in the database: see its own check')];
    }
    if (room <= 0) {
      const full = `none for another print: ${places}; uploads are answered 503 (storage_full)`;
      return [fail('storage room', full, ROOM_ADVICE)];
    }
    const message = `${formatBytes(room)} for further prints: ${places}`;
    return [room >= LITTLE_ROOM_BYTES ? ok('storage room', message) : warn('storage room', message, ROOM_ADVICE)];
  } finally {
    await open?.close();
  }
}

function addressOf({ host, port, tls }: { host: string; port: number; tls: boolean }): string {
  return `http${tls ? 's' : ''}://${host}:${port}`;
}
