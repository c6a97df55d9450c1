import path from 'node:path';
import sharp from 'sharp';
import { ANIMAL, type Pixels, PORTRAIT, printFolder, printOf } from '../../../../../test/support/prints.js';

const output = { widthPx: 900, heightPx: 1200, dpi: 100 };

describe('pop-poster', () => {
  let folder: string;
  let remove: () => Promise<void>;
  beforeAll(async () => ({ folder, remove } = await printFolder()));
  afterAll(() => remove());

  async function poster(settings: object, photoPath = PORTRAIT): Promise<Pixels> {
    return (await printOf(folder, { style: 'pop-poster', photoPath, output, settings })).print;
  }

  /** Shares of the colors, largest first. */
  function shares({ data }: Pixels): number[] {
    const counts = new Map<number, number>();
    for (let i = 0; i < data.length; i += 3) {
      const color = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2];
      counts.set(color, (counts.get(color) ?? 0) + 1);
    }
    return [...counts.values()].sort((a, b) => b - a).map((count) => (3 * count) / data.length);
  }

  it.each([4, 8, 16])('has exactly %i colors and ink without mixed pixels', async (colors) => {
    const flat = { colors, antialias: false, minRegionMm2: 0.5 };
    expect(shares(await poster({ ...flat, ink: 0 }))).toHaveLength(colors);
    expect(shares(await poster({ ...flat, ink: 1 }))).toHaveLength(colors + 1);
  });

  it.each([PORTRAIT, ANIMAL])('covers nearly everything with its colors, edges mixed: %s', async (photo) => {
    const found = shares(await poster({ colors: 8, ink: 0 }, photo));
    expect(found.slice(0, 8).reduce((a, b) => a + b)).toBeGreaterThan(0.94);
  });

  it('draws more ink when asked for more', async () => {
    const inkOf = async (inkAmount: number): Promise<number> => {
      const { data } = await poster({ inkAmount, ink: 1, inkColor: '#00ff00' });
      let inked = 0;
      for (let i = 0; i < data.length; i += 3) {
        if (data[i + 1] > data[i] + 70 && data[i + 1] > data[i + 2] + 70) inked++;
      }
      return (3 * inked) / data.length;
    };
    const [little, normal, much] = [await inkOf(0.2), await inkOf(0.5), await inkOf(0.95)];
    expect(normal).toBeGreaterThan(0.01);
    expect(normal).toBeLessThan(0.15);
    expect(little).toBeLessThan(normal);
    expect(much).toBeGreaterThan(normal);
  });

  it('keeps skin the color of skin', async () => {
    const { data, width } = await poster({ ink: 0 });
    // Cheeks and forehead of the portrait.
    for (const [x, y] of [
      [440, 330],
      [320, 395],
    ]) {
      const [r, g, b] = data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3);
      expect(r).toBeGreaterThan(150);
      expect(r).toBeGreaterThanOrEqual(g);
      expect(g).toBeGreaterThanOrEqual(b);
    }
  });

  it('paints a flat photo flat', async () => {
    const file = path.join(folder, 'flat.png');
    await sharp({ create: { width: 90, height: 120, channels: 3, background: '#787878' } })
      .png()
      .toFile(file);
    expect(shares(await poster({}, file))).toHaveLength(1);
  });
});
