import { randomUUID } from 'node:crypto';
import * as doctor from '../../apps/cli/src/operator/commands/doctor.js';
import { Deployment } from '../support/deployment.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { runCommand, writeEnvFile } from '../support/operator-tool.js';
import { addressOf } from '../support/servers.js';
import path from 'node:path';

// Longer than any of them waits for a server that accepts connections and never answers.
jest.setTimeout(60_000);

type ServerName = 'database' | 'redis' | 'storage';

describe('operator commands while a server accepts connections and never answers', () => {
  let proxies: Record<ServerName, FaultProxy>;
  let deployment: Deployment;

  beforeAll(async () => {
    const [database, redis, storage] = await Promise.all([
      FaultProxy.open(addressOf('database')),
      FaultProxy.open(addressOf('redis')),
      FaultProxy.open(addressOf('storage')),
    ]);
    proxies = { database, redis, storage };
    deployment = await Deployment.prepare({ queue: 'redis', storage: 's3', proxies });
    await deployment.store.prepare();
  });
  afterEach(() => Promise.all(Object.values(proxies).map((proxy) => proxy.heal())));
  afterAll(async () => {
    await deployment.close();
    await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
  });

  const COMMANDS: Record<ServerName, { setting: string; lines: string[] }> = {
    database: {
      setting: 'DB_HOST',
      lines: ['renders list', 'queue status', 'cleanup old --days 9', 'cleanup orphans', 'migrate status', 'seed'],
    },
    redis: {
      setting: 'REDIS_HOST',
      lines: ['queue status', 'queue pause --yes', 'queue clear-failed --discard', 'requeue --all-pending'],
    },
    storage: {
      setting: 'MINIO_ENDPOINT',
      lines: ['storage usage', 'cleanup orphans', 'cleanup old --days 9 --yes', 'lifecycle show'],
    },
  };

  it.each(Object.keys(COMMANDS) as ServerName[])('end with 6 and name the server: %s', async (server) => {
    await proxies[server].inject('blackhole');
    const { setting, lines } = COMMANDS[server];
    const runs = await Promise.all(lines.map((line) => runCommand(deployment.env, ...line.split(' '))));
    expect(runs.map(({ code }, i) => [lines[i], code])).toEqual(lines.map((line) => [line, 6]));
    for (const { error } of runs) expect(error).toMatch(new RegExp(`^pop-render: .*\\b${setting}\\b.*\\n$`));
  });

  it('do without the queue where they can', async () => {
    await proxies.redis.inject('blackhole');
    const runs = await Promise.all(
      ['reap-stuck', `requeue --failed`].map((line) => runCommand(deployment.env, ...line.split(' '))),
    );
    expect(runs.map(({ code }) => code)).toEqual([0, 0]);
  });

  async function examine(...more: string[]): Promise<{ printed: string[]; error?: Error }> {
    const file = path.join(deployment.env.TMPDIR, `${randomUUID()}.env`);
    await writeEnvFile(file, deployment.env);
    const printed: string[] = [];
    const context = { signal: new AbortController().signal, print: (text: string) => void printed.push(text) };
    const error = await doctor.run(['--env-file', file, ...more], context).catch((thrown: Error) => thrown);
    return { printed, ...(error ? { error } : {}) };
  }

  it.each(['redis', 'storage'] as const)(
    'the doctor prints what it finds while %s hangs, then that it does',
    async (server) => {
      await proxies[server].inject('blackhole');
      const { printed, error } = await examine();
      const at = (check: RegExp): number => printed.findIndex((line) => check.test(line));
      expect(error).toMatchObject({ exitCode: 7 });
      expect(at(/^ok +database +answers/)).toBeGreaterThanOrEqual(0);
      expect(at(new RegExp(`^FAIL +${server} `))).toBeGreaterThan(at(/^ok +seed/));
      expect(printed.at(-1)).toMatch(/^\d+ checks: \d failed/);
    },
  );

  it('the doctor gives up on a database that hangs, and goes on with the others', async () => {
    await proxies.database.inject('blackhole');
    const { printed } = await examine();
    expect(printed.filter((line) => line.startsWith('FAIL'))).toEqual([expect.stringMatching(/^FAIL +database +/)]);
    expect(printed.some((line) => /^ok +storage write/.test(line))).toBe(true);
  });

  it('the doctor with --json prints one document, whatever hangs', async () => {
    await proxies.storage.inject('blackhole');
    const { printed } = await examine('--json');
    expect(printed).toHaveLength(1);
    expect(JSON.parse(printed[0])).toMatchObject({ healthy: false, failed: 1 });
  });
});
