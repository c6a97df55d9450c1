import fc from 'fast-check';
import sharp from 'sharp';
import type { ThreadContext } from '../engine/thread-context.js';
import { type Pixels, printFolder } from '../../../../test/support/prints.js';
import { openThreadContext, READERS, samplePicture, writePicture } from '../../../../test/support/output-profiles.js';
import { findProfile, listProfiles } from './profiles.js';

let context: ThreadContext;
let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ folder, remove } = await printFolder());
  context = await openThreadContext();
});
afterAll(() => remove());

const pictures = fc
  .record({
    kind: fc.constantFrom('noise' as const, 'flat' as const, 'gradient' as const),
    width: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 300, max: 900 })),
    height: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 200, max: 400 })),
  })
  .map(({ width, height, kind }) => samplePicture(width, height, kind));

/** What a file of the profile must show. */
async function expectedOf(name: string, { data, width, height }: Pixels): Promise<Buffer> {
  const image = sharp(data, { raw: { width, height, channels: 3 } });
  if (name === 'tiff-cmyk') return image.withIccProfile('cmyk').raw().toBuffer();
  if (name !== 'jpeg') return Buffer.from(data);
  const whole = image.jpeg({ quality: 92, chromaSubsampling: '4:4:4', optimiseCoding: false });
  return sharp(await whole.toBuffer())
    .raw()
    .toBuffer();
}

describe.each(listProfiles().map(({ name }) => name))('%s', (name) => {
  it('holds pictures of any size, written in bands of any height', async () => {
    await fc.assert(
      fc.asyncProperty(pictures, fc.integer({ min: 1, max: 400 }), async (picture, bandRows) => {
        const file = await writePicture(context, findProfile(name), folder, picture, bandRows);
        const read = await READERS.libvips(file, name === 'tiff-cmyk' ? 'CMYK' : 'RGB');
        expect(Buffer.compare(read, await expectedOf(name, picture))).toBe(0);
      }),
      { numRuns: 25 },
    );
  });

  it('does not finish a file with strips missing', async () => {
    const format = { widthPx: 900, heightPx: 900, dpi: 300 };
    const writer = await findProfile(name).createWriter(`${folder}/short`, format);
    await expect(writer.finish()).rejects.toThrow(/^0 of \d+ strips given$/);
    await writer.abandon();
    await writer.abandon();
  });

  it('has strips that depend on the width alone, as long as the print is as high', () => {
    const rowsOf = (widthPx: number, heightPx: number): number =>
      findProfile(name).rowsPerStrip({ widthPx, heightPx, dpi: 300 });
    expect(new Set([3600, 5000, 12_000].map((heightPx) => rowsOf(2700, heightPx))).size).toBe(1);
    expect(rowsOf(30_000, 12_000)).toBeGreaterThan(0);
    if (name === 'jpeg') {
      expect([1, 7, 900, 2731, 9000, 65_500].map((width) => rowsOf(width, 5) % 8)).toEqual(Array(6).fill(0));
    }
  });
});
