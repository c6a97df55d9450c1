import { spawn, spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { RenderError } from '#core';
import { FLOWER } from '../../../test/support/photos.js';
import { resourceLimitBehind } from './machine.js';

const TOOL = path.resolve(__dirname, '../../../dist/apps/cli/src/main.js');

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

jest.setTimeout(120_000);

describe('pop-render where the machine gives it little', () => {
  let folder: string;
  const within = (name: string): string => path.join(folder, name);

  beforeEach(async () => {
    // Not under the folder of the test run, which is closed to other users.
    folder = await mkdtemp('/tmp/machine-spec-');
    await chmod(folder, 0o777);
    await writeFile(within('photo.jpg'), FLOWER());
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** Runs a line of bash in which $TOOL is the built tool. */
  function bash(line: string, cwd = folder): Promise<Run> {
    const env = { PATH: process.env.PATH ?? '', TOOL: `${process.execPath} ${TOOL}` };
    const child = spawn('bash', ['-c', `ulimit -c 0; ${line}`], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, error] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, error })));
  }

  const render = (more = ''): string =>
    `$TOOL render ${within('photo.jpg')} --style pop-poster --size 3x4 --dpi 100 -o ${within('out.tiff')} ${more}`;

  async function refused(run: Promise<Run>, code: number, message: RegExp): Promise<void> {
    const { error, ...rest } = await run;
    expect(error).toMatch(/^pop-render: [^\n]+\n$/);
    expect(error).toMatch(message);
    expect(rest).toEqual({ code, out: '' });
    expect(await readdir(folder)).toEqual(['photo.jpg']);
  }

  describe('in a working folder that was removed', () => {
    const gone = async (line: string): Promise<Run> => {
      await mkdir(within('gone'));
      return bash(`rmdir ${within('gone')}; ${line}`, within('gone'));
    };

    it('works with whole paths', async () => {
      expect(await gone(render('--quiet'))).toEqual({ code: 0, out: '', error: '' });
      expect(
        await gone(`$TOOL proof ${within('photo.jpg')} --style pop-poster -o ${within('proofs')} --quiet`),
      ).toEqual({
        code: 0,
        out: '',
        error: '',
      });
      expect((await readdir(folder)).sort()).toEqual(['out.tiff', 'photo.jpg', 'proofs']);
    });

    it.each([
      ['a photo', 3, 'render photo.jpg --style pop-poster --size 3x4 -o /tmp/never.tiff'],
      ['an output', 5, 'render PHOTO --style pop-poster --size 3x4 -o out.tiff'],
    ])('explains what is wrong with %s named within it', async (_what, code, words) => {
      await refused(gone(`$TOOL ${words.replace('PHOTO', within('photo.jpg'))}`), code, /working folder was removed/);
    });
  });

  it.each([
    ['render', () => render()],
    ['doctor', () => '$TOOL doctor'],
  ])('%s reports that too few files may be open', async (_what, line) => {
    for (const limit of [24, 64, 200]) {
      await refused(bash(`ulimit -n ${limit}; ${line()}`), 9, new RegExp(`may open ${limit} files.*ulimit -n`));
    }
    const { code } = await bash('ulimit -n 64; $TOOL --help');
    expect(code).toBe(0);
  });

  it.each([2_500_000, 12_000_000])(
    'reports that the engine cannot reserve its addresses within %i kB',
    async (limit) => {
      await refused(bash(`ulimit -v ${limit}; ${render('--threads 2')}`), 9, /GB of addresses.*ulimit -v/);
    },
  );

  // Root may start as many as it likes; another user must be able to read the tool.
  const user = 'setpriv --reuid 54321 --clear-groups';
  const isReadable = spawnSync('sh', ['-c', `${user} test -r '${TOOL}'`]).status === 0;
  (isReadable ? it : it.skip)('reports that threads are refused', async () => {
    await refused(bash(`ulimit -u 20; ${user} ${render('--threads 8')}`), 9, /more threads.*ulimit -u/);
  });

  it('reports that its output cannot be written, or not in full', async () => {
    await refused(bash(`ulimit -f 1; ${render()}`), 5, /Cannot write: EFBIG/);
    const { code, error } = await bash('$TOOL styles > /dev/full');
    expect([code, error]).toEqual([
      5,
      expect.stringMatching(/^pop-render: Cannot write to the standard output: ENOSPC/),
    ]);
    const where = `TMPDIR=${within('missing')} $TOOL determinism --style pop-poster`;
    await refused(bash(where), 5, /Cannot write: ENOENT.*TMPDIR/);
  });

  it('needs neither a home, nor standard streams, nor a reader to the end', async () => {
    expect(await bash(`env -u HOME ${render('--quiet')}`)).toEqual({ code: 0, out: '', error: '' });
    await rm(within('out.tiff'));
    expect((await bash(`${render()} <&- >&- 2>&-`)).code).toBe(0);
    const { code, out } = await bash('set -o pipefail; $TOOL styles --json | head -c 1');
    expect([code, out]).toEqual([0, '[']);
    expect((await bash('set -o pipefail; $TOOL nonsense 2>&1 >/dev/null | true')).code).toBe(2);
  });
});

describe('lackBehind', () => {
  const coded = (code: string, more = {}): Error => Object.assign(new Error(code), { code, ...more });

  it.each([
    ['open files', coded('EMFILE'), /may open .* files/],
    ['open files of the system', new Error('Cannot load', { cause: coded('ENFILE') }), /may open .* files/],
    ['memory', coded('ENOMEM'), /not enough memory/],
    ['memory of a thread', coded('ERR_WORKER_OUT_OF_MEMORY'), /not enough memory/],
    ['memory of a picture', new Error('vips__file_open_read: out of memory -- size == 300MB'), /not enough memory/],
    [
      'memory of the engine',
      new RenderError('memory_exceeded', 'The memory cannot be allocated', {
        cause: new RangeError('WebAssembly.Memory(): could not allocate memory'),
      }),
      /not enough memory/,
    ],
    ['a buffer', new RangeError('Array buffer allocation failed'), /not enough memory/],
    ['threads', coded('ERR_WORKER_INIT_FAILED'), /more threads/],
    ['processes', coded('EAGAIN', { syscall: 'spawn node' }), /more threads/],
  ])('recognizes too few or too little of %s', (_what, error, message) =>
    expect(resourceLimitBehind(error)?.message).toMatch(message),
  );

  it('sees none behind other failures', () => {
    for (const error of [new Error('no'), coded('ENOENT'), coded('EAGAIN', { syscall: 'read' }), 'text', undefined]) {
      expect(resourceLimitBehind(error)).toBeUndefined();
    }
  });
});
