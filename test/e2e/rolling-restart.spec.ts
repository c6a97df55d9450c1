import { setTimeout as sleep } from 'node:timers/promises';
import { outputKey, previewKey } from '#core';
import { ApiClient } from '../support/client.js';
import { Deployment } from '../support/deployment.js';
import { LoadBalancer } from '../support/load-balancer.js';
import { Scrape } from '../support/metrics.js';
import { FLOWER, flowerAs } from '../support/photos.js';
import { freePort, Program, until } from '../support/processes.js';
import { BOUNDARY, chunk, FIELDS, fileStart, RawConnection, uploadHead } from '../support/raw-connection.js';

jest.setTimeout(240_000);

/** Longer than a replaced process keeps its connections when nothing is under way. */
const PAST_LINGERING_MS = 2_500;

/** An API or worker that is stopped and started again in its place. */
interface Member {
  readonly script: string;
  readonly url: string;
  readonly env: Record<string, string>;
  program: Program;
}

describe('guarantee: a rolling restart or a reload loses no request and no render', () => {
  let deployment: Deployment;
  let balancer: LoadBalancer | undefined;
  let client: ApiClient;
  const apis: Member[] = [];
  const workers: Member[] = [];
  const outputs: string[] = [];
  let load: Load | undefined;

  beforeAll(async () => {
    const port = await freePort();
    deployment = await Deployment.prepare({
      queue: 'redis',
      storage: 'filesystem',
      env: {
        PUBLIC_URL: `http://127.0.0.1:${port}`,
        SHUTDOWN_DELAY_SECONDS: '2',
        RENDER_THREADS: '1',
        // A busy machine may take its time to start processes, and to render.
        UPLOAD_STALL_SECONDS: '90',
        UPLOAD_MIN_KB_PER_SECOND: '0',
        RELOAD_TIMEOUT_SECONDS: '60',
        SHUTDOWN_GRACE_SECONDS: '60',
      },
    });
    // The second is one with several processes, which can reload.
    for (const processes of ['1', '2']) apis.push(await start('api', { WORKER_COUNT: processes }));
    for (const name of ['one', 'two']) workers.push(await start('worker', { WORKER_NAME: name }));
    const urls = apis.map(({ url }) => url);
    balancer = await LoadBalancer.open(urls, port);
    client = new ApiClient(balancer.url);
    await until('both are ready', () => urls.every(isBalanced));
  });

  afterAll(async () => {
    await load?.stop();
    await balancer?.close();
    await deployment.close();
  });

  it('with uploads, questions and downloads all the time', async () => {
    load = new Load(client, await flowerAs('webp'));
    load.begin();
    const stops = [
      [apis[0], stopInAnUpload],
      // With nothing that takes its time: only the delay lets load balancers look elsewhere.
      [apis[1], stop],
      ...workers.map((worker) => [worker, stopInARender] as const),
    ] as const;
    for (const [member, end] of stops) {
      await restart(member, end);
      expect(lost()).toEqual([]);
    }
    await reload(apis[1]);
    const ids = await load.end();

    expect(lost()).toEqual([]);
    // Enough for every restart to have met some.
    expect(ids.length).toBeGreaterThan(5);
    expect(load.answers).toBeGreaterThan(100);
    const rows = await deployment.query<{ id: string; status: string; attempt: number }>(
      'SELECT id, status, attempt FROM renders',
    );
    expect(rows.map(({ id }) => id).sort()).toEqual([...ids].sort());
    const log = [...outputs, ...workers.map(({ program }) => program.output)].join('\n');
    const astray = rows.filter(({ status, attempt }) => status !== 'completed' || attempt !== 1);
    const told = log.split('\n').filter((line) => astray.some(({ id }) => line.includes(id)));
    expect({ astray, told }).toEqual({ astray: [], told: [] });
    const completed = [...log.matchAll(/"render_id":"([^"]+)".*"Render job completed successfully"/g)];
    expect(completed.map(([, id]) => id).sort()).toEqual([...ids].sort());
    const results = (await deployment.storedKeys()).filter((key) => key.startsWith('renders/'));
    expect(results).toEqual(ids.flatMap((id) => [outputKey(id), previewKey(id)]).sort());
  });

  const lost = (): string[] => [...load!.faults, ...balancer!.failures];
  const isBalanced = (url: string): boolean => balancer!.isReady(url);

  async function start(role: 'api' | 'worker', settings: Record<string, string>): Promise<Member> {
    const port = String(await freePort());
    const env = { ...settings, [role === 'api' ? 'API_PORT' : 'WORKER_PORT']: port };
    const [script, url] = [`dist/apps/${role}/src/main.js`, `http://127.0.0.1:${port}`];
    return { script, url, env, program: await run(script, url, env) };
  }

  async function run(script: string, url: string, env: Record<string, string>): Promise<Program> {
    const program = new Program(script, { ...deployment.env, ...env });
    deployment.programs.push(program);
    // Beside a load, on a busy machine.
    await until(`${url} is ready`, async () => (await fetch(`${url}/health/readiness`)).ok, 60_000);
    return program;
  }

  async function restart(member: Member, end: (member: Member) => Promise<void>): Promise<void> {
    await end(member);
    expect(await member.program.ended).toEqual({ code: 0, signal: null });
    outputs.push(member.program.output);
    member.program = await run(member.script, member.url, member.env);
    if (apis.includes(member)) await until('it gets requests', () => isBalanced(member.url));
  }

  async function stop({ program }: Member): Promise<void> {
    program.kill('SIGTERM');
  }

  async function stopInARender({ program, url }: Member): Promise<void> {
    await until('it renders', async () => (await Scrape.of(url)).value('renders_in_progress') === 1);
    program.kill('SIGTERM');
  }

  async function stopInAnUpload({ program, url }: Member): Promise<void> {
    const idle = await RawConnection.open(url);
    await idle.send('GET /health/liveness HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await idle.answer();
    const upload = await beginUpload(url);
    program.kill('SIGTERM');
    await idle.closed;
    await endUpload(upload);
  }

  async function reload({ program, url }: Member): Promise<void> {
    const upload = await beginUpload(url);
    program.kill('SIGHUP');
    await until('the old processes go', () => program.output.includes('New API processes are ready'), 60_000);
    await sleep(PAST_LINGERING_MS);
    await endUpload(upload);
    await until('the reload is done', () => program.output.includes('Reload done'));
  }

  /** Resolves when a process has begun to take the upload. */
  async function beginUpload(url: string): Promise<RawConnection> {
    const upload = await RawConnection.open(url);
    await upload.send(uploadHead(['Expect: 100-continue']));
    await until('it shall go on', () => upload.received.includes('100 Continue'));
    await upload.send(chunk(FIELDS + fileStart()));
    await upload.send(chunk(FLOWER()));
    return upload;
  }

  async function endUpload(upload: RawConnection): Promise<void> {
    expect(upload.isClosed).toBe(false);
    await upload.send(chunk(`\r\n--${BOUNDARY}--\r\n`));
    await upload.send('0\r\n\r\n');
    const { status, body } = await upload.answer();
    expect(status).toBe(201);
    load!.add(body.render_id as string);
  }
});

const UPLOAD_PAUSE_MS = 3_000;
const MOST_WAITING = 2;
const READ_PAUSE_MS = 120;

/** Clients that upload, ask and download until told to stop. */
class Load {
  readonly faults: string[] = [];
  answers = 0;
  private readonly ids: string[] = [];
  private readonly done = new Set<string>();
  private running: Promise<unknown>;
  private over = false;

  constructor(
    private readonly client: ApiClient,
    private readonly photo: Buffer,
  ) {}

  begin(): void {
    const loops = [
      this.again(UPLOAD_PAUSE_MS, () => this.upload()),
      ...[1, 2].map(() => this.again(READ_PAUSE_MS, () => this.ask())),
      this.again(READ_PAUSE_MS, () => this.download()),
    ];
    this.running = Promise.all(loops);
  }

  /** A render of another client. */
  add(id: string): void {
    this.ids.push(id);
  }

  async stop(): Promise<void> {
    this.over = true;
    await this.running;
  }

  /** Resolves with the accepted renders once all of them have ended. */
  async end(): Promise<string[]> {
    await this.stop();
    for (const id of this.ids) await this.client.ended(id);
    return this.ids;
  }

  private async again(pauseMs: number, action: () => Promise<void>): Promise<void> {
    while (!this.over) {
      await action().catch((error: Error) => this.faults.push(`${error.message}: ${String(error.cause)}`));
      await sleep(pauseMs);
    }
  }

  private async upload(): Promise<void> {
    // A slow machine gets no more than it can do.
    if (this.ids.length - this.done.size >= MOST_WAITING) return;
    const { status, body } = await this.client.createRender(this.photo, { filename: 'photo.webp' });
    this.expect('upload', status, 201);
    this.ids.push(body.render_id as string);
  }

  private async ask(): Promise<void> {
    const waiting = this.ids.filter((id) => !this.done.has(id));
    const id = waiting[this.answers % waiting.length] ?? this.ids.at(-1);
    if (!id) return;
    const { status, body } = await this.client.get(`/v1/renders/${id}`);
    this.expect('question', status, 200);
    if (body.status === 'completed') this.done.add(id);
  }

  private async download(): Promise<void> {
    const [id] = [...this.done].slice(-1);
    if (!id) return;
    const bytes = await this.client.download(id, 'preview');
    this.expect('download', bytes.subarray(0, 2).toString('hex'), 'ffd8');
  }

  private expect(what: string, actual: unknown, expected: unknown): void {
    this.answers++;
    if (actual !== expected) this.faults.push(`${what}: ${String(actual)}`);
  }
}
