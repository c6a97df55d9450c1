import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ApiClient } from '../support/client.js';
import { Deployment } from '../support/deployment.js';
import { FLOWER } from '../support/photos.js';
import { proceduresOf, Terminal } from './runbook.js';
import { ConfiguredRedis } from './redis-server.js';

const PAGE = 'docs/runbooks/redis.md';
const RENDERS = 6;

jest.setTimeout(120_000);

describe('the procedures of the Redis runbook', () => {
  let redis: ConfiguredRedis;
  let deployment: Deployment;
  let terminal: Terminal;

  beforeAll(async () => {
    redis = await ConfiguredRedis.prepare();
    await redis.start();
    deployment = await Deployment.prepare({ queue: 'redis', storage: 'filesystem', redis: redis.config });
    terminal = await Terminal.open({ ...deployment.env, REDIS_DATA: redis.folder });
  });

  afterAll(async () => {
    await terminal.close();
    await deployment.close();
    await redis.close();
  });

  it.each(proceduresOf(PAGE).map(({ heading, code }) => [heading, code]))('%s', async (_, code) => {
    expect(await terminal.run(code)).toMatchObject({ exitCode: 0 });
  });

  describe('a broken append-only file', () => {
    const waiting = async (): Promise<number> => Number(await redis.cli('ZCARD', 'bull:renders:prioritized'));

    beforeAll(async () => {
      await deployment.startApi();
      const client = new ApiClient(deployment.apiUrl);
      for (let i = 0; i < RENDERS; i++) expect((await client.createRender(FLOWER())).status).toBe(201);
      expect(await waiting()).toBe(RENDERS);
      await redis.cli('CONFIG', 'SET', 'appendfsync', 'always');
    });

    /** Overwrites the second half of what was appended last. */
    function breakAppendOnlyFile(): void {
      const [name] = readdirSync(redis.appendOnlyFolder)
        .filter((file) => file.endsWith('.incr.aof'))
        .sort()
        .reverse();
      const file = path.join(redis.appendOnlyFolder, name);
      const bytes = readFileSync(file);
      bytes.fill('x', Math.floor(bytes.length / 2));
      writeFileSync(file, bytes);
    }

    it('keeps Redis from starting; repaired, it starts, and no render is lost', async () => {
      await redis.stop();
      breakAppendOnlyFile();
      await expect(redis.start()).rejects.toThrow(/Bad file format reading the append only file/);

      const manifest = path.join(redis.appendOnlyFolder, 'appendonly.aof.manifest');
      const repair = await terminal.run(`yes | redis-check-aof --fix '${manifest}' || test $? -eq 141`);
      expect(repair).toMatchObject({ exitCode: 0, output: expect.stringMatching(/Successfully truncated/) });
      await redis.start();
      expect(await waiting()).toBeLessThan(RENDERS);

      expect(await terminal.run('pop-render requeue --all-pending --yes')).toMatchObject({ exitCode: 0 });
      expect(await waiting()).toBe(RENDERS);
    });

    it('that cannot be repaired is moved aside, and the queue is filled from the database', async () => {
      await redis.stop();
      rmSync(redis.appendOnlyFolder, { recursive: true });
      await redis.start();
      expect(await waiting()).toBe(0);

      expect(await terminal.run('pop-render requeue --all-pending --yes')).toMatchObject({ exitCode: 0 });
      expect(await waiting()).toBe(RENDERS);
    });
  });
});
