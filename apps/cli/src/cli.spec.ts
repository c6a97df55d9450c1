import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { FLOWER } from '../../../test/support/photos.js';
import { temporaryFolder, until } from '../../../test/support/processes.js';

const TOOL = path.resolve(__dirname, '../../../dist/apps/cli/src/main.js');

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

jest.setTimeout(60_000);

describe('pop-render', () => {
  let folder: string;
  let removeFolder: () => Promise<void>;
  let photo: string;

  beforeEach(async () => {
    [folder, removeFolder] = await temporaryFolder();
    photo = path.join(folder, 'photo.jpg');
    await writeFile(photo, FLOWER());
  });
  afterEach(() => removeFolder());

  /** Starts the built tool as a user does; words of the command line are taken as they are. */
  function start(...args: string[]): { ended: Promise<Run>; interrupt: () => void } {
    const child = spawn(process.execPath, [TOOL, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let error = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
    const ended = new Promise<Run>((resolve) => child.once('close', (code) => resolve({ code, out, error })));
    return { ended, interrupt: () => void child.kill('SIGINT') };
  }

  const pop = (line: string): Promise<Run> => start(...line.split(' ')).ended;

  /** A render of the photo that would succeed but for what is added. */
  const render = (more: string): Promise<Run> =>
    pop(`render photo.jpg --style pop-poster --size 3x4 --dpi 100 -o out.tiff ${more}`.trim());

  async function refused(run: Promise<Run>, code: number, message: RegExp): Promise<void> {
    const before = await readdir(folder);
    const { error, ...rest } = await run;
    expect(error).toMatch(/^pop-render: [^\n]+\n$/);
    expect(error).toMatch(message);
    expect(rest).toEqual({ code, out: '' });
    expect(await readdir(folder)).toEqual(before);
  }

  it('explains itself, its commands and exit codes', async () => {
    const [tool, command, version] = await Promise.all([pop('--help'), pop('render --help'), pop('--version')]);
    for (const word of ['render', 'proof', 'styles', '130']) expect(tool.out).toContain(word);
    for (const word of ['--variant', '--wrap-mm', 'pop-poster', 'tiff-lzw']) expect(command.out).toContain(word);
    expect(version.out).toMatch(/^\d+\.\d+\.\d+\n$/);
    const formerPath = path.resolve(TOOL, '../../main.js');
    expect(execFileSync(formerPath, ['--version']).toString()).toBe(version.out);
    for (const { code, error } of [tool, command, version]) expect({ code, error }).toEqual({ code: 0, error: '' });
  });

  it('lists styles with their settings and variants, for people and for programs', async () => {
    const [text, json] = await Promise.all([pop('styles'), pop('styles --json')]);
    const poster = JSON.parse(json.out).find((style: { slug: string }) => style.slug === 'pop-poster');
    expect(poster.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect(poster.variants).toHaveProperty('bold');
    expect(poster.settings).toContainEqual(
      expect.objectContaining({
        ...{ name: 'inkWidthMm', type: 'number', default: 0.5, minimum: 0.2, maximum: 1.5, unit: 'mm' },
        description: expect.any(String),
      }),
    );
    expect(text.out).toMatch(/inkWidthMm +0\.2\.\.1\.5 mm +0\.5 /);
  });

  it('renders a print and a preview and prints the metadata', async () => {
    const { code, out, error } = await render(
      '--preview out.jpg --variant bold --set colors=5 --set inkColor=#00ff00 --json',
    );
    expect({ code, error }).toEqual({ code: 0, error: '' });
    const output = JSON.parse(out);
    expect(output).toMatchObject({
      ...{ style: 'pop-poster', profile: 'tiff-lzw', widthPx: 300, heightPx: 400, dpi: 100, printPath: 'out.tiff' },
      settings: { colors: 5, contrast: 1, smoothing: 0.4, inkColor: '#00ff00' },
    });
    const print = await sharp(path.join(folder, 'out.tiff')).metadata();
    expect(print).toMatchObject({ format: 'tiff', width: 300, height: 400, density: 100 });
    expect((await readFile(path.join(folder, 'out.tiff'))).length).toBe(output.printBytes);
    const preview = await sharp(path.join(folder, 'out.jpg')).metadata();
    expect(preview).toMatchObject({ format: 'jpeg', width: output.previewWidthPx, height: output.previewHeightPx });
    expect(output.seconds).toBeGreaterThan(0);
  });

  it('warns of a photo of which nothing shows', async () => {
    const clear = { create: { width: 300, height: 400, channels: 4, background: '#00000000' } } as const;
    await sharp(clear).png().toFile(photo);
    const { code, out, error } = await render('--json');
    expect({ code, error }).toEqual({
      code: 0,
      error: expect.stringMatching(/^pop-render: warning: .*transparent.*\n$/),
    });
    expect(JSON.parse(out).warnings).toMatchObject([{ code: 'fully_transparent' }]);
    expect(await render('--quiet --force')).toEqual({ code: 0, out: '', error: '' });
    await writeFile(photo, FLOWER());
    expect(JSON.parse((await render('--json --force')).out).warnings).toEqual([]);
  });

  it('names an unsupported format and what to send instead', async () => {
    await writeFile(photo, Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'));
    const { code, error } = await render('');
    expect(code).not.toBe(0);
    expect(error).toMatch(/HEIC photo: export it as a JPEG/);
  });

  it('prints one line about its output, or none', async () => {
    expect(await render('')).toMatchObject({ code: 0, out: expect.stringMatching(/^out\.tiff: 300x400 .+\n$/) });
    expect(await render('--quiet --force')).toEqual({ code: 0, out: '', error: '' });
  });

  it('lays the photo on the sheet as requested', async () => {
    const margin = '--fit contain --orientation landscape --background #123456 --set antialias=false --quiet';
    expect(await render(margin)).toMatchObject({ code: 0 });
    const { data, info } = await sharp(path.join(folder, 'out.tiff')).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([400, 300]);
    expect([...data.subarray(0, 3)]).toEqual([0x12, 0x34, 0x56]);
  });

  it('refuses what it does not know, with code 2', async () => {
    const mistakes: [string, RegExp][] = [
      ['render photo.jpg --style cubism --size 3x4 -o out.tiff', /Unknown style cubism: choose one of .*pop-poster/],
      ['render photo.jpg --style pop-poster --size 3by4 -o out.tiff', /--size 3by4/],
      ['render photo.jpg --style pop-poster --size 101x4 -o out.tiff', /--size 101x4: .*30000/],
      ['render photo.jpg --style pop-poster --size 0x4 -o out.tiff', /--size 0x4/],
      ['render photo.jpg --style pop-poster --size 3x4 -o out.png', /out\.png/],
      ['render photo.jpg --style pop-poster --size 3x4', /-o/],
      ['render --style pop-poster --size 3x4 -o out.tiff', /PHOTO is missing/],
      ['render photo.jpg second.jpg --style pop-poster --size 3x4 -o out.tiff', /second\.jpg/],
      ['--frob', /--frob/],
      ['paint', /paint/],
    ];
    const additions: [string, RegExp][] = [
      ['--frob', /--frob/],
      ['--variant nosuch', /nosuch.* bold/],
      ['--profile nosuch', /nosuch.* tiff-lzw/],
      ['--fit stretch', /--fit stretch: .*cover/],
      ['--focus 2,0', /--focus 2,0/],
      ['--background red', /--background red/],
      ['--fit mirror-wrap --wrap-mm 500', /500 mm/],
      ['--threads 0', /--threads 0/],
      ['--set colors', /--set colors/],
    ];
    for (const [line, message] of mistakes) await refused(pop(line), 2, message);
    for (const [more, message] of additions) await refused(render(more), 2, message);
  });

  it('refuses photos with code 3', async () => {
    await writeFile(path.join(folder, 'text.jpg'), 'This is no photo');
    await writeFile(path.join(folder, 'half.jpg'), FLOWER().subarray(0, 5000));
    const of = (name: string): Promise<Run> => pop(`render ${name} --style pop-poster --size 3x4 --dpi 50 -o out.tiff`);
    await refused(of('missing.jpg'), 3, /missing\.jpg .*no such file/);
    await refused(of('.'), 3, /not a file/);
    await refused(of('text.jpg'), 3, /Unsupported image format.*JPEG/);
    await refused(of('half.jpg'), 3, /corrupt/);
    await refused(pop('proof missing.jpg -o proofs'), 3, /missing\.jpg/);
  });

  it('refuses settings with code 4 and names each', async () => {
    await refused(
      render('--set colors=99 --set glow=very'),
      4,
      /(?=.*colors must be .* 3 to 16)(?=.*glow is not a setting)/,
    );
  });

  it('refuses outputs with code 5 and leaves what is there', async () => {
    await writeFile(path.join(folder, 'out.tiff'), 'precious');
    await refused(render(''), 5, /out\.tiff is there already: --force/);
    expect(await readFile(path.join(folder, 'out.tiff'), 'utf8')).toBe('precious');
    await refused(render('--force --preview nowhere/out.jpg'), 5, /nowhere\/out\.jpg/);
    await refused(render('--force --preview photo.jpg'), 5, /the photo itself/);
    expect(await render('--force --quiet')).toMatchObject({ code: 0 });
    expect((await sharp(path.join(folder, 'out.tiff')).metadata()).width).toBe(300);
  });

  it('proofs the styles asked for', async () => {
    const line = 'proof photo.jpg -o proofs/new --style pop-poster --long-side 200 --json';
    const { code, out, error } = await pop(line);
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(JSON.parse(out).proofs).toMatchObject([{ style: 'pop-poster', path: 'proofs/new/pop-poster.jpg' }]);
    const { format, width, height } = await sharp(path.join(folder, 'proofs/new/pop-poster.jpg')).metadata();
    expect({ format, longSide: Math.max(width, height) }).toEqual({ format: 'jpeg', longSide: 200 });
    await refused(pop(line), 5, /pop-poster\.jpg is there already/);
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const run = start(
      'render',
      photo,
      '--style',
      'pop-poster',
      '--size',
      '90x90',
      '-o',
      'out.tiff',
      '--preview',
      'out.jpg',
    );
    await until('the print is being written', async () => (await readdir(folder)).length > 1);
    run.interrupt();
    expect(await run.ended).toEqual({ code: 130, out: '', error: 'pop-render: Stopped\n' });
    expect(await readdir(folder)).toEqual(['photo.jpg']);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('does not wait at %s for a decoder that cannot be stopped', async (name) => {
    const decoder = path.resolve(__dirname, '../../../test/fixtures/endless-decoder.mjs');
    const words = `render ${photo} --style pop-poster --size 3x4 -o out.tiff --fit attention`.split(' ');
    const child = spawn(process.execPath, ['--import', decoder, TOOL, ...words], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let error = '';
    child.stderr.on('data', (chunk: Buffer) => {
      error += chunk.toString();
      if (chunk.includes('READING')) child.kill(name);
    });
    const [, killer] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    expect(killer).toBe(name);
    expect(error).toBe('READING\npop-render: Stopped\n');
    expect(await readdir(folder)).toEqual(['photo.jpg']);
  });
});
