import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import path from 'node:path';
import {
  ChildProcessMetrics,
  ChildProcessMetricsModule,
  InspectionMetrics,
  InspectionMetricsModule,
  type Logger,
} from '#observability';
import { ProcessPool, type ProcessPoolOptions, type TaskFiles } from '#sandbox';
import { IsolatedPhotoInspector } from '../../apps/api/src/assets/inspection/isolated-photo-inspector.js';
import { RenderProcessPool } from '../../apps/worker/src/render-runner/render-process-pool.js';
import type { RenderTask } from '../../apps/worker/src/render-runner/render-messages.js';
import { temporaryFolder, until } from '../support/processes.js';
import { provided } from '../support/provided.js';

const ENTRY = path.join(__dirname, '../fixtures/hostile-process.mjs');
const MIB = 1024 * 1024;
const SECRET = 'a secret that is not its own';

interface Attack {
  readonly attack: string;
  readonly [target: string]: unknown;
}
interface Loot {
  readonly got: unknown;
}

let folder: string;
let removeFolder: () => Promise<void>;
beforeAll(async () => ([folder, removeFolder] = await temporaryFolder()));
afterAll(() => removeFolder());

const pools: ProcessPool<Attack, Loot>[] = [];
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

function open(options: Partial<ProcessPoolOptions> = {}) {
  const deaths: string[] = [];
  const pool = new ProcessPool<Attack, Loot>({
    ...{ entry: ENTRY, size: 1, sandbox: 'auto', timeLimitMs: 20_000, onExit: (reason) => deaths.push(reason) },
    checkResult: (result) => {
      if (typeof result !== 'object' || result === null || !('got' in result)) throw new Error('no loot');
      return { got: result.got };
    },
    ...options,
  });
  pools.push(pool);
  const run = async (attack: string, target: object = {}, files?: TaskFiles) =>
    (await pool.run({ attack, ...target }, {}, files)).got;
  return { pool, run, deaths };
}

describe('a process that a photo has compromised', () => {
  let photo: string;
  let database: Server;
  let owner: ChildProcess;

  beforeAll(async () => {
    photo = path.join(folder, 'photo-of-another');
    await writeFile(photo, SECRET, { mode: 0o600 });
    database = createServer((socket) => socket.end());
    await new Promise<void>((resolve) => database.listen(0, '127.0.0.1', resolve));
    owner = spawn('sleep', ['600'], { env: { PATH: process.env.PATH, DB_PASSWORD: SECRET }, stdio: 'ignore' });
  });
  afterAll(async () => {
    owner.kill('SIGKILL');
    await new Promise((resolve) => database.close(resolve));
  });

  it('guarantee: a compromised decoder process reaches no secret, no other photo, no server and no process', async () => {
    const { pool, run } = open({ sandbox: 'required' });
    expect((await pool.sandbox()).missing).toEqual([]);
    const { port } = database.address() as AddressInfo;
    expect(await run('read environments', { wanted: SECRET })).not.toBe(true);
    expect(await run('read memory', { parent: process.pid })).not.toBe('read');
    expect(await run('read file', { path: photo })).toBe('ENOENT');
    expect(await run('list folder', { path: path.dirname(folder) })).toBe('ENOENT');
    expect(await run('write file', { path: path.join(folder, 'harm') })).toMatch(/^(ENOENT|EROFS|EACCES)$/);
    expect(await run('connect', { port })).not.toBe('connected');
    expect(await run('signal parent', { parent: process.pid })).not.toBe(true);
    expect(await run('write much')).toBe('EFBIG');
  });

  it('sees the photo of its order alone, cannot change it, and keeps nothing of it', async () => {
    const { run } = open();
    const id = await run('id');
    const inputs = { photo };
    expect(await run('list photos', {}, { inputs })).toBe('photo');
    expect(await run('change photo', {}, { inputs })).toMatch(/EROFS|EACCES/);
    expect(await run('leave a file')).toBe('done');
    expect(await run('list photos')).toBe('');
    expect(await run('list left')).toBe('');
    expect(await readFile(photo, 'utf8')).toBe(SECRET);
    expect(await run('id')).toBe(id);
    // Folders are removed only when no process can replace them any more.
    expect(await run('leave a folder')).toBe('done');
    expect(await run('id')).not.toBe(id);
  });

  it.each(['link the print', 'print a folder', 'id'])(
    'cannot have us take something else for its print: %s',
    async (attack) => {
      const { run, deaths } = open();
      const print = path.join(folder, 'print');
      await expect(run(attack, { path: photo }, { outputs: { print } })).rejects.toMatchObject({ reason: 'protocol' });
      expect(existsSync(print)).toBe(false);
      expect(deaths).toEqual(['protocol']);
    },
  );

  it('is replaced after a number of tasks', async () => {
    const { run } = open({ maxTasksPerProcess: 2 });
    const ids = [await run('id'), await run('id'), await run('id')];
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it('writes nothing into our log that could pass for a line of it, and steers no terminal', async () => {
    const lines: string[] = [];
    const spy = jest.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
    try {
      const { run } = open();
      await run('complain', { text: `{"level":"info"}\n\u001b[2J\u202e${'x'.repeat(200_000)}\n` });
      await until('it was read', () => lines.length > 1);
      expect(lines.filter((line) => !line.startsWith('child process: '))).toEqual([]);
      // eslint-disable-next-line no-control-regex
      expect(lines.join('')).not.toMatch(/\u001b|\u202e/);
      expect(lines.join('').length).toBeLessThan(100_000);
    } finally {
      spy.mockRestore();
    }
  });
});

const failed = (error: object): string => `${JSON.stringify({ kind: 'failed', error })}\n`;
const LIES: [string, string, number?][] = [
  ['null', 'null\n'],
  ['a word', '"done"\n'],
  ['a list', '[]\n'],
  ['an empty line', '\n'],
  ['no JSON', '{kind: accepted}\n'],
  ['no UTF-8', '\u0000\n'],
  ['an unknown kind', '{"kind":"rejected"}\n'],
  ['accepted twice', '{"kind":"accepted"}\n'],
  ['more than it needs', '{"kind":"progress","fraction":0.5,"more":1}\n'],
  ['progress without a number', '{"kind":"progress","fraction":null}\n'],
  ['progress beyond all', '{"kind":"progress","fraction":1e9}\n'],
  ['progress below nothing', '{"kind":"progress","fraction":-0.1}\n'],
  ['no result', '{"kind":"done"}\n'],
  ['a result of another form', '{"kind":"done","result":{"loot":1}}\n'],
  ['a prototype', '{"kind":"progress","fraction":0.5,"__proto__":{"polluted":true}}\n'],
  ['an unknown code', failed({ code: 'no_such_code', message: 'x' })],
  ['a member of every object as its code', failed({ code: 'constructor', message: 'x' })],
  ['an error without a message', failed({ code: 'internal' })],
  ['an endless message', failed({ code: 'internal', message: 'x'.repeat(10_000) })],
  ['deep nesting', `${'['.repeat(60_000)}\n`],
  ['a line without an end', 'x'.repeat(MIB), 400],
  ['a flood', '{"kind":"progress","fraction":0.5}\n', 1_000],
];

describe('reports of a process', () => {
  it.each(LIES)(
    'guarantee: reports of child processes are validated, and a false one fails only its own task: %s',
    async (...lie) => {
      const [, text, times] = lie;
      const { run, deaths } = open();
      const before = process.memoryUsage().rss;
      await expect(run('report', { text, times })).rejects.toMatchObject({
        name: 'ProcessExitError',
        reason: 'protocol',
      });
      // Far below the 400 MB of the largest lie, far above what the collector leaves.
      expect(process.memoryUsage().rss - before).toBeLessThan(250 * MIB);
      expect(deaths).toEqual(['protocol']);
      expect('polluted' in {}).toBe(false);
      expect(await run('id')).toEqual(expect.any(String));
    },
  );

  it('ends a process that reports after its order', async () => {
    const { run, deaths } = open();
    const id = await run('id');
    await run('report later', { text: '{"kind":"progress","fraction":0.5}\n' });
    await until('it was noticed', () => deaths.length > 0);
    expect(deaths).toEqual(['protocol']);
    expect(await run('id')).not.toBe(id);
  });

  it('gives an order to a new process when one that is warm lies about it', async () => {
    const { run, deaths } = open();
    // What it reports comes together with the next order, or just before it.
    await run('report later', { text: 'null\n' });
    expect(await run('id')).toEqual(expect.any(String));
    await until('it was noticed', () => deaths.length > 0);
  });
});

describe('those who use the processes', () => {
  const answer = (result: unknown): object => ({ attack: 'answer', result });
  const size = { widthPx: 4, heightPx: 3, orientedWidthPx: 4, orientedHeightPx: 3 };
  const of = { format: 'JPEG', mimeType: 'image/jpeg', extension: 'jpg' };
  const PHOTO = { ...of, ...size, isFullyTransparent: false, pictureBytes: 90 };

  it.each([
    ['null', null],
    ['a foreign type', { ...PHOTO, mimeType: 'text/html' }],
    ['a foreign format', { ...PHOTO, format: '<b>' }],
    ['no truth', { ...PHOTO, isFullyTransparent: 'no' }],
    ['no number', { ...PHOTO, widthPx: '4' }],
    ['a number beyond all', { ...PHOTO, widthPx: 1e12 }],
    ['no picture', { ...PHOTO, pictureBytes: 0 }],
    ['more than was asked', { ...PHOTO, filename: '../x' }],
  ])('know what an inspection may say: not %s', async (_what, result) => {
    const logger = { warn: () => undefined } as unknown as Logger;
    const limits = { concurrency: 1, memoryBytes: 500 * MIB, perClient: 2, clientSecondsPerMinute: 20, entry: ENTRY };
    const metrics = await provided(InspectionMetrics, InspectionMetricsModule);
    const processMetrics = await provided(ChildProcessMetrics, ChildProcessMetricsModule);
    const inspector = new IsolatedPhotoInspector(limits, metrics, processMetrics, logger);
    const inspect = async (content: object) => {
      const photo = path.join(folder, 'photo');
      await writeFile(photo, JSON.stringify(content));
      return inspector.inspect(photo, { client: 'a' });
    };
    try {
      await expect(inspect(answer(result))).rejects.toMatchObject({ code: 'corrupt_photo' });
      await expect(inspect(answer(PHOTO))).resolves.toEqual(PHOTO);
    } finally {
      await inspector.onApplicationShutdown();
    }
  });

  it('know what a render may say', async () => {
    const metrics = await provided(ChildProcessMetrics, ChildProcessMetricsModule);
    const pool = new RenderProcessPool({ concurrency: 1, memoryBytes: 500 * MIB, entry: ENTRY }, metrics);
    const preview = { previewBytes: 1, previewWidthPx: 1, previewHeightPx: 1 };
    const print = { profile: 'tiff-lzw', widthPx: 1, heightPx: 1, dpi: 300, printBytes: 1, ...preview };
    const reported = { warnings: [], stages: [] };
    const output = { style: 'pop-poster', pipelineVersion: '1', settings: { ink: 1 }, ...print, ...reported };
    const lies = [
      null,
      { ...output, settings: { ink: {} } },
      { ...output, printBytes: -1 },
      { ...output, warnings: [{ code: 'unknown', message: 'x' }] },
      { ...output, a: 1 },
    ];
    const render = (result: unknown) =>
      pool.render(answer(result) as unknown as RenderTask, { signal: new AbortController().signal });
    try {
      for (const lie of lies) {
        await expect(render(lie)).rejects.toMatchObject({ code: 'engine_crashed' });
      }
      await expect(render(output)).resolves.toEqual(output);
    } finally {
      await pool.onApplicationShutdown();
    }
  });
});
