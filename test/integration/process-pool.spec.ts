import { rm } from 'node:fs/promises';
import path from 'node:path';
import { ProcessPool, type ProcessPoolOptions } from '#sandbox';
import { childrenOf, descendantsOf, isRunning, Program, temporaryFolder, until } from '../support/processes.js';

const ENTRY = path.join(__dirname, '../fixtures/misbehaving-process.mjs');
const MIB = 1024 * 1024;

interface Answer {
  readonly pid: number;
  readonly env: string[];
}

describe('pool of processes', () => {
  const pools: ProcessPool<{ style: string }, Answer>[] = [];
  afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

  function open(options: Partial<ProcessPoolOptions> = {}) {
    const deaths: string[] = [];
    const pool = new ProcessPool<{ style: string }, Answer>({
      entry: ENTRY,
      size: 2,
      onExit: (reason) => deaths.push(reason),
      ...options,
    });
    pools.push(pool);
    const run = (style: string, signal?: AbortSignal, onProgress?: (fraction: number) => void) =>
      pool.run({ style }, { signal, onProgress });
    return { pool, run, deaths };
  }

  it('keeps its process warm between tasks and reports the progress', async () => {
    const { run } = open();
    const seen: number[] = [];
    const first = await run('ok', undefined, (fraction) => seen.push(fraction));
    expect((await run('ok')).pid).toBe(first.pid);
    expect(seen).toEqual([0.5]);
  });

  it('uses a process for each task in progress', async () => {
    const { run } = open();
    const [a, b] = await Promise.all([run('ok'), run('ok')]);
    expect(a.pid).not.toBe(b.pid);
  });

  it('starts processes after the working folder was removed', async () => {
    const before = process.cwd();
    const [folder] = await temporaryFolder();
    process.chdir(folder);
    await rm(folder, { recursive: true });
    try {
      const { run, deaths } = open();
      const { pid } = await run('ok');
      // The thread that watches the parent has had its time to fail.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect([(await run('ok')).pid, deaths]).toEqual([pid, []]);
    } finally {
      process.chdir(before);
    }
  });

  it('gives the process none of our secrets', async () => {
    process.env.DB_PASSWORD = 'secret';
    try {
      expect((await open().run('ok')).env).not.toContain('DB_PASSWORD');
    } finally {
      delete process.env.DB_PASSWORD;
    }
  });

  it('passes on what the work itself ended with, and keeps the process', async () => {
    const { run, deaths } = open();
    const { pid } = await run('ok');
    await expect(run('fail')).rejects.toMatchObject({
      code: 'corrupt_photo',
      message: 'Image is corrupt',
      hint: 'Take another',
    });
    expect((await run('ok')).pid).toBe(pid);
    expect(deaths).toEqual([]);
  });

  it('replaces a process that blundered', async () => {
    const { run } = open();
    const { pid } = await run('ok');
    await expect(run('blunder')).rejects.toMatchObject({ code: 'internal' });
    expect((await run('ok')).pid).not.toBe(pid);
  });

  it.each([
    ['crash', 'crashed'],
    ['exit', 'crashed'],
    ['killed', 'killed'],
  ])('survives a process that ends by %s', async (style, reason) => {
    const { run, deaths } = open();
    await expect(run(style)).rejects.toMatchObject({ name: 'ProcessExitError', reason });
    expect(deaths).toEqual([reason]);
    expect((await run('ok')).pid).toBeGreaterThan(0);
  });

  it.each(['hang', 'hang in native code'])('aborts a process that is at "%s", and waits for its end', async (style) => {
    const { run } = open();
    const { pid } = await run('ok');
    const abort = new AbortController();
    const hanging = run(style, abort.signal);
    setTimeout(() => abort.abort(new Error('wanted no more')), 200);
    await expect(hanging).rejects.toThrow('wanted no more');
    expect(isRunning(pid)).toBe(false);
    expect((await run('ok')).pid).not.toBe(pid);
  });

  it('starts nothing when aborted before', async () => {
    const { run } = open();
    await expect(run('ok', AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    expect(await childrenOf(process.pid)).toEqual([]);
  });

  it('ends a process that takes too long', async () => {
    const { run, deaths } = open({ timeLimitMs: 1_000 });
    await expect(run('hang')).rejects.toMatchObject({ reason: 'time' });
    expect(deaths).toEqual(['time']);
    expect(await childrenOf(process.pid)).toEqual([]);
  });

  it('ends a process that holds too much memory', async () => {
    const { pool, run, deaths } = open({ memoryLimitBytes: 300 * MIB });
    await expect(run('eat memory')).rejects.toMatchObject({ reason: 'memory' });
    expect(deaths).toEqual(['memory']);
    expect(pool.residentBytes).toBe(0);
  });

  it('keeps no process that has grown past its share', async () => {
    const { pool, run } = open({ memoryLimitBytes: 400 * MIB });
    const { pid } = await run('ok');
    expect(pool.residentBytes).toBeGreaterThan(20 * MIB);
    await run('grow fat');
    expect(isRunning(pid)).toBe(false);
  });

  it('replaces a process that died while it was idle, even a moment ago', async () => {
    const { run } = open();
    const { pid } = await run('ok');
    process.kill(pid, 'SIGKILL');
    expect((await run('ok')).pid).not.toBe(pid);
  });

  it('takes orders in turn, and forgets one whose signal is aborted before its turn', async () => {
    const { run } = open({ size: 1 });
    const abort = new AbortController();
    const ended: string[] = [];
    const orders = ['a', 'b'].map((name) => run(name).then(() => ended.push(name)));
    const withdrawn = run('c', abort.signal);
    orders.push(run('d').then(() => ended.push('d')));
    abort.abort(new Error('enough'));
    await expect(withdrawn).rejects.toThrow('enough');
    await Promise.all(orders);
    expect(ended).toEqual(['a', 'b', 'd']);
  });

  it('leaves no process behind', async () => {
    const { pool, run } = open();
    const { pid } = await run('ok');
    await pool.close();
    expect(isRunning(pid)).toBe(false);
    await expect(run('ok')).rejects.toThrow('closed');
  });

  it.each([
    ['hang', 'off'],
    ['hang in native code', 'off'],
    ['hang', 'auto'],
    ['hang in native code', 'auto'],
  ])('a process at "%s" with the sandbox %s goes with its parent', async (behavior, sandbox) => {
    const owner = new Program('test/fixtures/pool-owner.mjs', {}, [ENTRY, behavior, sandbox]);
    await until('the order has begun', () => owner.output.includes('begun'));
    const children = await descendantsOf(owner.pid);
    expect(children.length).toBeGreaterThan(0);
    owner.kill('SIGKILL');
    await owner.ended;
    await until('they are gone', () => !children.some(isRunning), 10_000);
  });
});
