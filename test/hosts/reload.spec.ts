import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ApiClient } from '../support/client.js';
import { Deployment } from '../support/deployment.js';
import { Scrape } from '../support/metrics.js';
import { NotifySocket } from '../support/notify-socket.js';
import { childrenOf, isRunning, type Program, temporaryFolder, until } from '../support/processes.js';
import { RawConnection } from '../support/raw-connection.js';

jest.setTimeout(90_000);

const STYLES = /^http_requests_total\{method="GET",endpoint="\/v1\/styles",status="200"\} (\d+)$/m;

describe('an API of several processes', () => {
  let deployment: Deployment;
  let api: Program;
  let client: ApiClient;
  let socket: NotifySocket;
  let settings: string;
  let removeFolder: () => Promise<void>;

  beforeAll(async () => {
    let folder: string;
    [folder, removeFolder] = await temporaryFolder();
    settings = path.join(folder, 'settings.env');
    await writeFile(settings, '# Wins over the environment.\nWORKER_COUNT=2\nKEEP_ALIVE_SECONDS=70\n');
    socket = await NotifySocket.open();
    const env = {
      POP_RENDER_ENV_FILE: settings,
      NOTIFY_SOCKET: socket.path,
      // Holds for its processes too: not so short that a busy machine seems to hang.
      WATCHDOG_USEC: '8000000',
      SHUTDOWN_GRACE_SECONDS: '20',
    };
    deployment = await Deployment.prepare({ queue: 'postgres', storage: 'filesystem', env });
    api = await deployment.startApi();
    client = new ApiClient(deployment.apiUrl);
    await until('systemd was notified', () => socket.states.includes('READY=1'));
  });
  afterAll(async () => {
    await deployment.close();
    await socket.close();
    await removeFolder();
  });

  /** Its processes, without a systemd-notify that is just running. */
  async function apiProcesses(): Promise<number[]> {
    const children = await childrenOf(api.pid);
    const commandOf = (pid: number): Promise<string> => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const commands = await Promise.all(children.map(commandOf));
    return children.filter((_, i) => commands[i].includes('apps/api/src/main.js'));
  }

  /** Asks on new connections, so that every process gets some. */
  async function askForStyles(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      expect((await client.get('/v1/styles', { headers: { connection: 'close' } })).status).toBe(200);
    }
  }

  async function counted(): Promise<number> {
    const { body } = await client.get('/metrics', { headers: { connection: 'close' } });
    return Number(STYLES.exec(body as string)?.[1] ?? 0);
  }

  async function reload(): Promise<void> {
    const before = socket.states.filter((state) => state === 'READY=1').length;
    api.kill('SIGHUP');
    await until('it is ready again', () => socket.states.filter((state) => state === 'READY=1').length > before);
  }

  it('takes up new settings with new processes, and goes on counting', async () => {
    const old = await apiProcesses();
    await askForStyles(20);
    expect(await counted()).toBe(20);
    const [connection] = [await RawConnection.open(deployment.apiUrl)];
    await writeFile(settings, 'WORKER_COUNT=3\nKEEP_ALIVE_SECONDS=33\n');

    const readings: number[] = [];
    let over = false;
    const scraping = (async () => {
      while (!over) readings.push(await counted());
    })();
    await reload();
    over = true;
    await scraping;

    expect(readings.length).toBeGreaterThan(2);
    expect(new Set(readings)).toEqual(new Set([20]));
    expect(old.filter(isRunning)).toEqual([]);
    expect(await apiProcesses()).toHaveLength(3);
    await until('all of them are counted, and no other', async () => {
      const { body } = await client.get('/metrics', { headers: { connection: 'close' } });
      const scrape = new Scrape(body as string);
      return ['api_processes', 'api_processes_wanted'].every((name) => scrape.value(name) === 3);
    });
    const { headers } = await client.get('/health/readiness');
    expect(headers.get('keep-alive')).toBe('timeout=33');
    await connection.closed;
    await askForStyles(6);
    expect(await counted()).toBe(26);
    const [[, monotonic]] = socket.messages.filter(([first]) => first === 'RELOADING=1');
    expect(monotonic).toMatch(/^MONOTONIC_USEC=\d{6,}$/);
    expect(socket.messages.at(-1)![0]).toMatch(/READY=1|WATCHDOG=1/);
    expect(socket.messages.flat()).toContain(`STATUS=3 API processes on port ${deployment.env.API_PORT}`);
  });

  it.each([
    ['wrong', 'WORKER_COUNT=none', /WORKER_COUNT must be a whole number/],
    ['without a database', 'DB_USER=no_such_user\nRELOAD_TIMEOUT_SECONDS=4', /were not ready within 4 s/],
    ['for an address of others', 'API_HOST=203.0.113.1', /ended before it was ready/],
  ])('goes on with the old processes when the new settings are %s, and logs why', async (_, text, why) => {
    const old = (await apiProcesses()).sort();
    await writeFile(settings, text);
    const before = socket.messages.length;
    const failure = () =>
      socket.messages
        .slice(before)
        .flat()
        .find((fact) => fact.startsWith('STATUS=Reload failed'));
    api.kill('SIGHUP');
    const reason = await until(
      'the reload has failed, and every request was answered meanwhile',
      async () => {
        await askForStyles(3);
        return failure();
      },
      60_000,
    );
    expect((await apiProcesses()).sort()).toEqual(old);
    expect(reason).toMatch(why);
    expect(api.output).toContain('Reload failed; the previous API processes continue');
  });

  it('keeps what dead and hanging processes have counted, and starts others', async () => {
    const before = await counted();
    const [dead, hanging, ...well] = await apiProcesses();
    process.kill(dead, 'SIGKILL');
    process.kill(hanging, 'SIGSTOP');
    await until('there are others', async () => {
      const now = await apiProcesses();
      return now.length === well.length + 2 && !now.includes(dead) && !now.includes(hanging);
    });
    expect(await apiProcesses()).toEqual(expect.arrayContaining(well));
    expect(api.output).toMatch(new RegExp(`"pid":${hanging}.*"API process does not answer; killing it"`));
    expect(await counted()).toBe(before);
    const scrape = await Scrape.of(deployment.apiUrl);
    const deaths = (reason: string) => scrape.value('child_process_deaths_total', { pool: 'api', reason });
    expect(['killed', 'time', 'crashed'].map(deaths)).toEqual([1, 1, 0]);
  });

  it('notifies systemd that it is alive, and that it stops', async () => {
    await until('there was a sign of life', () => socket.states.includes('WATCHDOG=1'));
    api.kill('SIGTERM');
    expect(await api.ended).toEqual({ code: 0, signal: null });
    expect(socket.states).toContain('STOPPING=1');
  });
});
