import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { ApiClient, STYLES } from '../support/client.js';
import { FLOWER } from '../support/photos.js';
import { runTool, type ToolRun } from '../support/command-line.js';
import { Scrape } from '../support/metrics.js';
import { readWithPillow } from '../support/print-file.js';
import { freePort, Program, temporaryFolder } from '../support/processes.js';

jest.setTimeout(120_000);

/** Of the API, of the worker and of what both do. */
const ALL_IN_ONE = [
  'http_requests_total',
  'render_turnaround_seconds_count',
  'renders_in_progress',
  'renders_in_state',
  'render_queue_depth',
  'db_connections_max',
  'db_query_duration_seconds_count',
  'storage_operations_total',
  'health_check_status',
];

describe('the embedded profile', () => {
  let home: string;
  let removeHome: () => Promise<void>;
  let port: number;

  beforeEach(async () => {
    [home, removeHome] = await temporaryFolder();
    port = await freePort();
  });
  afterEach(async () => {
    await Promise.all(programs.splice(0).map((program) => program.stop()));
    await removeHome();
  });

  const programs: Program[] = [];
  const start = (): Program => {
    const program = new Program('apps/embedded/start.mjs', {
      POP_RENDER_HOME: path.join(home, 'data'),
      API_PORT: String(port),
    });
    programs.push(program);
    return program;
  };
  const databaseRuns = (): boolean => existsSync(path.join(home, 'data/postgres/postmaster.pid'));

  it('renders, keeps its data over a restart, and stops cleanly', async () => {
    const client = new ApiClient(`http://127.0.0.1:${port}`);
    const first = start();
    await first.ready(`http://127.0.0.1:${port}/health`);
    expect(first.output).toContain(`Pop-Render is ready at http://localhost:${port}`);
    // Said before it is ready.
    expect(first.output).toMatch(/kept for 30 days, then removed .*; nothing is removed before \d{4}-\d\d-\d\d\n/);
    const id = (await client.createRender(FLOWER())).body.render_id as string;
    expect(await client.ended(id)).toMatchObject({ status: 'completed' });
    const print = await client.download(id, 'download');
    const metrics = await Scrape.of(`http://127.0.0.1:${port}`);
    expect(metrics.value('render_jobs_total', { status: 'completed', style: 'pop-poster' })).toBe(1);
    for (const name of ALL_IN_ONE) expect([name, metrics.value(name) !== undefined]).toEqual([name, true]);
    expect(metrics.value('health_check_status', { dependency: 'database' })).toBe(1);
    expect(metrics.value('health_check_status', { dependency: 'redis' })).toBeUndefined();
    const series = [...metrics.families.values()].flatMap((family) =>
      family.series.map((one) => JSON.stringify([one.name, one.labels])),
    );
    expect(new Set(series).size).toBe(series.length);
    await operates(id);
    first.kill('SIGINT');
    expect(await first.ended).toEqual({ code: 0, signal: null });
    expect(databaseRuns()).toBe(false);

    const second = start();
    await second.ready(`http://127.0.0.1:${port}/health`);
    expect((await client.get(`/v1/renders/${id}`)).body.status).toBe('completed');
    expect((await client.download(id, 'download')).equals(print)).toBe(true);
    await second.stop();
    expect(databaseRuns()).toBe(false);
  });

  /** Operator's commands as in a shell of the all-in-one container. */
  const operate = (line: string): Promise<ToolRun> =>
    runTool(line.split(' '), { POP_RENDER_HOME: path.join(home, 'data'), API_PORT: String(port) });

  async function operates(id: string): Promise<void> {
    const doctor = await operate('doctor --json');
    const { findings } = JSON.parse(doctor.out) as { findings: { check: string; status: string }[] };
    expect(findings.filter(({ status }) => status === 'fail')).toEqual([]);
    expect(findings).toContainEqual(expect.objectContaining({ check: 'storage write', status: 'ok' }));
    const [list, queue, usage, schema, lifecycle] = await Promise.all(
      ['renders list', 'queue status', 'storage usage', 'migrate status', 'lifecycle show'].map(operate),
    );
    expect(list).toMatchObject({ code: 0, out: expect.stringContaining(id) });
    expect(queue).toMatchObject({ code: 0, out: expect.stringContaining('1 completed') });
    expect(usage).toMatchObject({ code: 0, out: expect.stringContaining('renders/') });
    expect(schema.code).toBe(0);
    expect(lifecycle).toMatchObject({ code: 2, error: expect.stringContaining('STORAGE_BACKEND is filesystem') });
  }

  it('reports to operators that it does not run, and leaves servers of their own alone', async () => {
    for (const line of ['doctor', 'queue status', 'migrate down --yes']) {
      expect(await operate(line)).toMatchObject({
        code: 6,
        error: expect.stringMatching(/^pop-render: The embedded profile in .*\(POP_RENDER_HOME\) is not running.*\n$/),
      });
    }
    expect((await operate('cleanup tmp')).code).toBe(0);
    const own = { POP_RENDER_HOME: home, DB_PASSWORD: 'secret', DB_PORT: String(await freePort()) };
    expect((await runTool(['migrate', 'status'], own)).error).toContain('ECONNREFUSED');
  });

  it('makes prints by the walk-through of the README, as printed', async () => {
    const root = path.resolve(__dirname, '../..');
    const walkThrough = /```bash\n(API=[\s\S]*?)```/.exec(readFileSync(path.join(root, 'README.md'), 'utf8'))![1];
    expect(walkThrough).toContain(STYLES['pop-poster']);
    const program = start();
    await program.ready(`http://127.0.0.1:${port}/health`);
    const script = walkThrough
      .replace('localhost:8089', `localhost:${port}`)
      .replace('node_modules/', `${root}/node_modules/`);
    await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd: home });
    expect(await readWithPillow(path.join(home, 'output.tiff'))).toMatchObject({
      size: [2700, 3600],
      dpi: [300, 300],
    });
    expect(await sharp(path.join(home, 'preview.jpg')).metadata()).toMatchObject({ width: 900, height: 1200 });
    await program.stop();
  });

  it('takes its database down when it is killed, and comes back', async () => {
    const first = start();
    await first.ready(`http://127.0.0.1:${port}/health`);
    first.kill('SIGKILL');
    await first.ended;
    const second = start();
    await second.ready(`http://127.0.0.1:${port}/health`);
    await second.stop();
    expect(databaseRuns()).toBe(false);
  });

  it('reports a port that is taken, and starts nothing', async () => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(port, '127.0.0.1', resolve));
    const program = start();
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.output).toContain(`Port ${port} is already in use`);
    expect(databaseRuns()).toBe(false);
    holder.close();
  });
});
