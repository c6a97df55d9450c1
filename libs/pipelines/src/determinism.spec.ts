import { type GoldenHashes, makeGolden } from './golden/golden.js';
import { printFolder } from '../../../test/support/prints.js';
import { goldenPixels, listStyles } from './registry.js';

/** Of threads and rows of a band; one more in `npm run test:long`. */
const VARIANTS = [[1, 97], [7, 194], ...(process.env.TEST_LONG === '1' ? [[2, 400]] : [])];

describe.each(listStyles().map(({ slug }) => slug))('%s', (style) => {
  let folder: string;
  let remove: () => Promise<void>;
  beforeAll(async () => ({ folder, remove } = await printFolder()));
  afterAll(() => remove());

  it('writes the same file with any number of threads and any band height', async () => {
    const prints: GoldenHashes[] = [];
    for (const [threads, bandRows] of VARIANTS) {
      prints.push(await makeGolden(style, folder, { threads, bandRows }));
    }
    expect(new Set(prints.map(({ file }) => file)).size).toBe(1);
    expect({ [style]: [...new Set(prints.map(({ pixels }) => pixels))] }).toEqual({ [style]: [goldenPixels()[style]] });
  });
});
