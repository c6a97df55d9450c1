import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import path from 'node:path';
import { outputKey, previewKey, uploadKey } from '#core';
import { SIZES, STYLES } from '../support/client.js';
import { runTool, type ToolRun } from '../support/command-line.js';
import { Deployment } from '../support/deployment.js';
import { runCommand } from '../support/operator-tool.js';
import { freePort } from '../support/processes.js';

jest.setTimeout(120_000);

/** A completed render of `days` days ago with its three files, or a second one of another's photo. */
async function completed(
  deployment: Deployment,
  days: number,
  asset?: string,
): Promise<{ id: string; keys: string[] }> {
  const [id, assetId] = [randomUUID(), asset ?? randomUUID()];
  const photo = uploadKey(assetId, 'a.jpg');
  const keys = [outputKey(id), previewKey(id), ...(asset === undefined ? [photo] : [])];
  const file = path.join(deployment.env.TMPDIR, `${id}.txt`);
  await writeFile(file, 'x'.repeat(100));
  await deployment.store.prepare();
  for (const key of keys) await deployment.store.putFile(key, file, 'text/plain');
  await rm(file);
  if (asset === undefined) {
    await deployment.query(
      `INSERT INTO assets (id, filename, minio_key, format, width_px, height_px, file_size_bytes)
       VALUES ($1, 'a.jpg', $2, 'JPEG', 1, 1, 100)`,
      [assetId, photo],
    );
  }
  const metadata = { file: { sizeBytes: 100, widthPx: 1, heightPx: 1, dpi: 300 } };
  await deployment.query(
    `INSERT INTO renders (id, asset_id, style_id, size_preset_id, status, output_minio_key, preview_minio_key, metadata,
                          progress, created_at, completed_at)
     VALUES ($1, $2, $3, $4, 'completed', $5, $6, $7, 100, now() - $8 * interval '1 day', now() - $8 * interval '1 day')`,
    [id, assetId, STYLES['pop-poster'], Object.values(SIZES)[0], outputKey(id), previewKey(id), metadata, days],
  );
  return { id, keys };
}

describe('pop-render cleanup and storage', () => {
  let deployment: Deployment;
  beforeAll(async () => (deployment = await Deployment.prepare({ queue: 'redis', storage: 's3' })));
  afterAll(() => deployment.close());

  const pop = (line: string, more: Record<string, string> = {}): Promise<ToolRun> =>
    runCommand({ ...deployment.env, ...more }, ...line.split(' '));
  const statusOf = async (id: string): Promise<string> => {
    const [row] = await deployment.query<{ status: string }>('SELECT status FROM renders WHERE id = $1', [id]);
    return row.status;
  };

  it('archive old renders with their files with --yes, keeping what others need', async () => {
    const old = await completed(deployment, 91);
    const shared = await completed(deployment, 92);
    const sharedAsset = shared.keys[2].split('/')[1];
    const young = await completed(deployment, 89, sharedAsset);
    const before = await deployment.storedKeys();

    const dry = await pop('cleanup old --days 90');
    expect(dry).toMatchObject({ code: 0, error: '' });
    // Two prints and one photo: the other photo stays.
    expect(dry.out).toBe(
      'Would archive 2 renders of more than 90 days (300 bytes). Nothing was changed; --yes does it.\n',
    );
    expect(await deployment.storedKeys()).toEqual(before);
    expect(await statusOf(old.id)).toBe('completed');

    const copies = path.join(deployment.env.TMPDIR, 'copies');
    const run = await pop(`cleanup old --days 90 --style pop-poster --archive-to ${copies} --yes --json`);
    expect(run).toMatchObject({ code: 0, error: '' });
    expect(JSON.parse(run.out)).toMatchObject({ archived: 2, filesRemoved: 5, filesMissing: 0 });
    for (const key of old.keys) expect((await readFile(path.join(copies, key))).length).toBe(100);
    expect([await statusOf(old.id), await statusOf(shared.id), await statusOf(young.id)]).toEqual([
      'archived',
      'archived',
      'completed',
    ]);
    expect(await deployment.storedKeys()).toEqual([...young.keys, shared.keys[2]].sort());
  });

  it('show what is stored, and end with 7 when it is too much', async () => {
    const usage = JSON.parse((await pop('storage usage --json')).out);
    const keys = await deployment.storedKeys();
    expect(usage.total).toEqual({ objects: keys.length, bytes: keys.length * 100 });
    expect(Object.keys(usage.prefixes).sort()).toEqual(['renders/', 'uploads/']);
    const full = await pop('storage usage --capacity 0.35kB');
    expect(full).toMatchObject({ code: 7, error: expect.stringMatching(/85\.7 % of 0\.35kB are used/) });
  });

  it('end with 6 and change nothing when a server is unreachable or refuses', async () => {
    const { id } = await completed(deployment, 400);
    const before = await deployment.storedKeys();
    const port = await freePort();
    const [storage, database] = await Promise.all([
      pop(`cleanup old --days 300 --archive-to ${deployment.env.TMPDIR}/copies --yes`, {
        MINIO_ENDPOINT: `127.0.0.1:${port}`,
      }),
      pop('cleanup orphans --yes', { DB_PORT: String(port) }),
    ]);
    expect([storage.code, database.code]).toEqual([6, 6]);
    expect(storage.error).toMatch(/^pop-render: S3 server at .*MINIO_ENDPOINT/);
    expect(database.error).toMatch(/^pop-render: PostgreSQL at .*DB_PORT/);
    expect(await statusOf(id)).toBe('completed');
    expect(await deployment.storedKeys()).toEqual(before);
  });

  it('remove no file before its copy and its row are written', async () => {
    const { id } = await completed(deployment, 400);
    const before = await deployment.storedKeys();
    const refused = ['cleanup', 'old', '--days', '300', '--archive-to', '/dev/null/copies', '--yes'];
    expect((await runTool(refused, deployment.env)).code).toBe(5);
    expect(await statusOf(id)).toBe('completed');
    await deployment.query("ALTER TABLE renders ADD CONSTRAINT kept CHECK (status <> 'archived') NOT VALID");
    expect((await pop('cleanup old --days 300 --yes')).code).toBe(1);
    await deployment.query('ALTER TABLE renders DROP CONSTRAINT kept');
    expect(await deployment.storedKeys()).toEqual(before);
  });

  it('let prints expire by the S3 server only with --yes', async () => {
    const methods: string[] = [];
    const server = createServer((request, response) => {
      methods.push(request.method!);
      request.resume().on('end', () => {
        if (request.method === 'PUT') response.end();
        else response.writeHead(404).end('<Error><Code>NoSuchLifecycleConfiguration</Code></Error>');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const there = { MINIO_ENDPOINT: `127.0.0.1:${(server.address() as AddressInfo).port}` };
    const dry = await pop('lifecycle apply --days 120', there);
    expect(dry).toMatchObject({ code: 0, out: expect.stringContaining('after 120 days. Nothing was changed') });
    expect(methods).not.toContain('PUT');
    expect((await pop('lifecycle apply --days 120 --yes', there)).code).toBe(0);
    expect(methods).toContain('PUT');
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('pop-render cleanup and doctor on a folder', () => {
  let deployment: Deployment;
  beforeAll(async () => {
    deployment = await Deployment.prepare({ queue: 'redis', storage: 'filesystem' });
    await deployment.store.prepare();
    await deployment.startApi();
  });
  afterAll(() => deployment.close());

  const pop = (line: string, more: Record<string, string> = {}): Promise<ToolRun> =>
    runCommand({ ...deployment.env, ...more }, ...line.split(' '));

  async function stray(hours: number): Promise<string> {
    const key = uploadKey(randomUUID(), 'stray.jpg');
    const file = path.join(deployment.env.STORAGE_ROOT, key);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, 'x'.repeat(50));
    const time = new Date(Date.now() - hours * 3_600_000);
    await utimes(file, time, time);
    return key;
  }

  it('remove orphans that are old enough with --yes, and no others', async () => {
    const { keys } = await completed(deployment, 1);
    const [old, young] = [await stray(25), await stray(23)];
    const before = await deployment.storedKeys();
    const dry = await pop('cleanup orphans');
    expect(dry).toEqual({
      ...{ code: 0, error: '' },
      out: `  ${old}\nWould remove 1 object (50 bytes). Nothing was changed; --yes does it.\n`,
    });
    expect((await pop('cleanup orphans --older-than 22h --list -')).out.trim().split('\n').sort()).toEqual(
      [old, young].sort(),
    );
    const list = path.join(deployment.env.TMPDIR, 'orphans.txt');
    await writeFile(list, 'of yesterday');
    const refused = await pop(`cleanup orphans --list ${list} --yes`);
    expect(refused).toMatchObject({ code: 5, error: expect.stringContaining('is there already') });
    expect(await readFile(list, 'utf8')).toBe('of yesterday');
    expect(await deployment.storedKeys()).toEqual(before);
    expect((await pop('cleanup orphans --yes')).out).toBe('Removed 1 object (50 bytes)\n');
    expect(await deployment.storedKeys()).toEqual([...keys, young].sort());
  });

  it('show what they would remove in a dry run, though it is nothing', async () => {
    const [orphans, folders] = await Promise.all([
      pop('cleanup orphans --older-than 500d'),
      runTool(['cleanup', 'tmp'], { TMPDIR: deployment.env.STORAGE_ROOT }),
    ]);
    expect(orphans.out).toBe('Would remove 0 objects (0 bytes). Nothing was changed; --yes does it.\n');
    expect(folders.out).toMatch(/^Would remove 0 folders under .* Nothing was changed; --yes does it\.\n$/);
    expect((await pop('cleanup orphans --older-than 500d --yes')).out).toBe('Removed 0 objects (0 bytes)\n');
  });

  it('end with 6 and archive nothing while the folder is not mounted', async () => {
    const { id } = await completed(deployment, 400);
    const there = { STORAGE_ROOT: path.join(deployment.env.TMPDIR, 'not-mounted') };
    const runs = await Promise.all([pop('cleanup old --days 300 --yes', there), pop('cleanup orphans --yes', there)]);
    expect(runs.map(({ code }) => code)).toEqual([6, 6]);
    expect(await deployment.query('SELECT status FROM renders WHERE id = $1', [id])).toEqual([{ status: 'completed' }]);
  });

  it('leave renders whose files the API reports as gone', async () => {
    const { id } = await completed(deployment, 1);
    await deployment.query(`UPDATE renders SET status = 'archived' WHERE id = $1`, [id]);
    const get = (place: string): Promise<Response> => fetch(`${deployment.apiUrl}/v1/renders/${id}${place}`);
    expect(await (await get('')).json()).toMatchObject({ status: 'archived', file: { size_bytes: 100 } });
    for (const file of ['/download', '/preview']) {
      const answer = await get(file);
      expect([answer.status, await answer.json()]).toMatchObject([410, { error: 'Render is archived', status: 410 }]);
    }
  });

  it('remove folders of processes that are no more, without any settings', async () => {
    const { TMPDIR } = deployment.env;
    const host = hostname().replace(/[^\w.-]/g, '_');
    const dead = `pop-render-worker-${host}-4194303999-abc`;
    const mine = `pop-render-api-${host}-${process.pid}-abc`;
    for (const name of [dead, mine]) await mkdir(path.join(TMPDIR, name), 0o700);
    await writeFile(path.join(TMPDIR, dead, 'part.tiff'), 'x'.repeat(70));
    const dry = await runTool(['cleanup', 'tmp', '--json'], { TMPDIR });
    expect(JSON.parse(dry.out)).toEqual({ removed: false, folders: [path.join(TMPDIR, dead)], bytes: 70 });
    expect(await readdir(TMPDIR)).toEqual(expect.arrayContaining([dead, mine]));
    expect((await runTool(['cleanup', 'tmp', '--yes'], { TMPDIR })).code).toBe(0);
    const left = await readdir(TMPDIR);
    expect([left.includes(dead), left.includes(mine)]).toEqual([false, true]);
  });

  it('find nothing wrong with a sound deployment, and leave nothing behind', async () => {
    const before = await deployment.storedKeys();
    // In a process of its own: only there are the secrets the tool's to hide.
    const { code, out, error } = await runTool(['doctor', '--json'], deployment.env);
    const report = JSON.parse(out);
    expect(report.findings.filter(({ status }: { status: string }) => status === 'fail')).toEqual([]);
    expect({ code, error }).toEqual({ code: 0, error: '' });
    const checks = report.findings.map(({ check }: { check: string }) => check);
    const wanted = ['settings', 'sandbox', 'database', 'schema', 'seed', 'styles', 'redis', 'queue', 'storage write'];
    for (const check of wanted) {
      expect(checks).toContain(check);
    }
    expect(report.findings).toContainEqual(expect.objectContaining({ check: 'storage links', status: 'ok' }));
    const secrets = { check: 'secrets in /proc', status: 'ok' };
    expect(report.findings).toContainEqual(expect.objectContaining(secrets));
    const pools = async (QUEUE_BACKEND: string): Promise<string | undefined> => {
      const { out } = await pop('doctor --only database', { QUEUE_BACKEND });
      return /pools.* may grow to (\d+)/.exec(out)?.[1];
    };
    expect([await pools('redis'), await pools('postgres')]).toEqual(['20', '35']);
    expect(await deployment.storedKeys()).toEqual(before);
  });

  it('count the pools of every worker and API process that is connected', async () => {
    const ports = [await freePort(), await freePort()].map(String);
    await Promise.all(ports.map((port) => deployment.startWorker({ WORKER_PORT: port })));
    const line = 'pools of 1 API process and 2 workers may grow to 30';
    expect((await pop('doctor --only database')).out).toContain(line);
    // The settings may know of API processes that are not running now.
    const many = await pop('doctor --only database', { WORKER_COUNT: '12', REDIS_PORT: await freePort().then(String) });
    expect(many.out).toMatch(
      /^WARN +database connections +.*pools of 12 API processes and 2 workers may grow to 140\n/m,
    );
    await deployment.stopWorkers();
  });

  it('report every problem at once with what to do about it, and end with 7', async () => {
    await deployment.query(`DELETE FROM styles WHERE slug = 'watercolor'`);
    await deployment.query(`UPDATE styles SET algorithm_config = '{"colors": 99}' WHERE slug = 'pop-poster'`);
    const port = String(await freePort());
    const run = await pop('doctor', {
      REDIS_PORT: port,
      LOG_LEVEL: 'LOUD',
      WORKER_COUNT: '0',
      STORAGE_ROOT: '/nowhere',
    });
    expect({ code: run.code, error: run.error }).toEqual({
      code: 7,
      error: expect.stringMatching(/^pop-render: \d+ checks failed\n$/),
    });
    for (const problem of [
      /^FAIL +settings +LOG_LEVEL must be/m,
      /^FAIL +settings +WORKER_COUNT must be/m,
      /^FAIL +seed +Watercolor missing\n +-> .*pop-render seed/m,
      /^FAIL +styles +.*pop-poster/m,
      new RegExp(`^FAIL +redis +.*ECONNREFUSED.*${port}\\n +-> .*REDIS_PORT`, 'm'),
      /^FAIL +storage +.*nowhere.*\n +-> .*STORAGE_ROOT/m,
    ]) {
      expect(run.out).toMatch(problem);
    }
  });
});
