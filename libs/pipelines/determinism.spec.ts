import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { PORTRAIT, printFolder, printOf } from './print-samples.js';
import { listStyles } from './registry.js';

/** Pixels of the portrait at 900x1200. Change one only together with the version of its style. */
const GOLDEN: Record<string, string> = {
  'pop-poster': '81f9dc761fa8ae89',
  'pencil-sketch': '6d824753f938292f',
  'between-the-lines': '9d11c4fc082b5956',
  watercolor: '29348be6d35978ed',
  'oil-painting': 'a150c678e42edd1e',
};

const output = { widthPx: 900, heightPx: 1200, dpi: 100 };
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

describe.each(listStyles().map(({ slug }) => slug))('%s', (style) => {
  let folder: string;
  let remove: () => Promise<void>;
  beforeAll(async () => ({ folder, remove } = await printFolder()));
  afterAll(() => remove());

  it('writes the same file with any number of threads and any band height', async () => {
    const files = new Set<string>();
    const pixels = new Set<string>();
    for (const [threads, bandRows] of [
      [1, 97],
      [2, 400],
      [7, 194],
    ]) {
      const { file, print } = await printOf(folder, { style, photoPath: PORTRAIT, output, threads, bandRows });
      files.add(hash(await readFile(file)));
      pixels.add(hash(print.data));
    }
    expect(files.size).toBe(1);
    expect({ [style]: [...pixels] }).toEqual({ [style]: [GOLDEN[style]] });
  });
});
