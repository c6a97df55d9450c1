import { flatPhoto, paintAll, samplePainter } from '../painting-samples.js';

const print = { slug: 'pop-poster', widthPx: 450, heightPx: 600 };

async function colorCounts(settings: object): Promise<number[]> {
  const { painter, geometry } = await samplePainter({ ...print, settings });
  const rgb = paintAll(painter, geometry);
  const counts = new Map<number, number>();
  for (let i = 0; i < rgb.length; i += 3) {
    const color = (rgb[i] << 16) | (rgb[i + 1] << 8) | rgb[i + 2];
    counts.set(color, (counts.get(color) ?? 0) + 1);
  }
  return [...counts.values()].sort((a, b) => b - a).map((count) => (3 * count) / rgb.length);
}

const sum = (shares: number[]): number => shares.reduce((total, share) => total + share, 0);

describe('pop-poster', () => {
  it.each([3, 6, 12])('covers nearly everything with %i flat colours', async (colors) => {
    const shares = await colorCounts({ colors, ink: 0 });
    expect(sum(shares.slice(0, colors))).toBeGreaterThan(0.95);
    if (colors < 12) expect(shares[colors] ?? 0).toBeLessThan(0.004);
  });

  it('draws more ink when asked for more', async () => {
    const inkOf = async (inkAmount: number): Promise<number> => {
      const { painter, geometry } = await samplePainter({
        ...print,
        settings: { inkAmount, ink: 1, inkColor: '#00ff00' },
      });
      const rgb = paintAll(painter, geometry);
      let inked = 0;
      for (let i = 0; i < rgb.length; i += 3) if (rgb[i + 1] > rgb[i] + 70 && rgb[i + 1] > rgb[i + 2] + 70) inked++;
      return (3 * inked) / rgb.length;
    };
    const [little, much] = [await inkOf(0.5), await inkOf(0.95)];
    expect(little).toBeGreaterThan(0.001);
    expect(much).toBeGreaterThan(little);
    expect(much).toBeLessThan(0.25);
  });

  it('paints a flat photo flat', async () => {
    const { painter, geometry } = await samplePainter({ ...print, photo: (w, h) => flatPhoto(w, h, 120) });
    expect(new Set(paintAll(painter, geometry)).size).toBe(1);
  });

  it('keeps hue: blue stays blue and orange orange', async () => {
    const { painter, geometry } = await samplePainter({ ...print, settings: { ink: 0 } });
    const rgb = paintAll(painter, geometry);
    const at = (x: number, y: number): number[] => [...rgb.subarray(3 * (y * 450 + x), 3 * (y * 450 + x) + 3)];
    const [ball, ground] = [at(190, 220), at(400, 560)];
    expect(ball[0]).toBeGreaterThan(ball[2] + 60);
    expect(ground[2]).toBeGreaterThan(ground[0] + 40);
  });
});
