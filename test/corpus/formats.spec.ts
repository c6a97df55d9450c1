import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { inspectPhoto } from '#photo';

const run = promisify(execFile);

/** Loaders that stay open: by class, then for files, memory and streams. */
const OPEN = ['Jpeg', 'Png', 'Tiff', 'Webp'];

/** A foreign file that each shut loader does open when it may; the library has no other loader that sharp can reach. */
const SHUT: Record<string, string> = {
  VipsForeignLoadNsgif: 'gif.jpg',
  VipsForeignLoadHeif: 'avif.jpg',
  VipsForeignLoadSvg: 'svg.jpg',
  VipsForeignLoadVips: 'v.jpg',
};

/**
 * Loaders named in the library that no file reaches: pixels without a header (asked for by name only), JPEG with a gain map
 * (opened as a plain JPEG), tables of numbers (which sharp does not know), and names of modules that are not built in.
 */
const UNREACHED = ['Raw', 'Uhdr', 'Csv', 'Matrix', 'Jp2k', 'Openslide', 'Pdf'];

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'formats-'));
  await run(process.execPath, [path.join(__dirname, 'write-foreign.mjs'), folder]);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The loader classes that are named in the native library itself. */
function loadersInLibrary(): string[] {
  const require = createRequire(path.join(process.cwd(), 'package.json'));
  const platform = `${process.platform}-${process.arch}`;
  const library = path.dirname(require.resolve(`@img/sharp-libvips-${platform}/lib`));
  const binary = readdirSync(library).find((name) => name.startsWith('libvips-cpp'))!;
  const names =
    readFileSync(path.join(library, binary), 'latin1').match(/VipsForeignLoad[A-Z][A-Za-z0-9]+(?=\0)/g) ?? [];
  return [...new Set(names.map((name) => name.replace(/(Buffer|File|Source)$/, '')))].sort();
}

async function answersOf(loader: string, files: string[]): Promise<string[]> {
  const script = path.join(__dirname, 'loaders.mjs');
  const { stdout } = await run(process.execPath, [script, loader, ...files.map((name) => path.join(folder, name))]);
  return JSON.parse(stdout) as string[];
}

describe('guarantee: only accepted formats, by content, reach a decoder', () => {
  it('refuses every foreign file, whatever its name', async () => {
    const files = readdirSync(folder);
    expect(files.length).toBeGreaterThan(40);
    for (const name of files) {
      const outcome = await inspectPhoto(path.join(folder, name)).then(
        () => 'accepted',
        (error: { code?: string }) => error.code,
      );
      expect([name, outcome]).toEqual([name, 'unsupported_format']);
    }
  });

  it('knows every loader of the native library', () => {
    const known = [...OPEN, ...UNREACHED].map((name) => `VipsForeignLoad${name}`);
    expect(loadersInLibrary()).toEqual([...known, ...Object.keys(SHUT)].sort());
  });

  it.each(Object.entries(SHUT))('shuts %s, which would open a %s', async (loader, file) => {
    const opened = await answersOf(loader, [file]);
    expect(opened.some((answer) => answer.startsWith('opened as'))).toBe(true);
    const answers = await answersOf('service', [file]);
    for (const answer of answers) expect(answer).toMatch(/unsupported image format/);
  });

  it('lets no foreign file be opened by any loader that is left', async () => {
    const files = readdirSync(folder);
    for (const answer of await answersOf('service', files)) expect(answer).not.toMatch(/^opened/);
  });
});
