import { createHash } from 'node:crypto';
import { paintAll, samplePainter } from './painting-samples.js';
import { listPipelines } from './registry.js';

/** Pixels of the synthetic photo at 300x400. Change one only together with the version of its pipeline. */
const GOLDEN: Record<string, string> = {
  'pop-poster': '869349ea5fa0a30c',
  'pencil-sketch': '9f6d2c98749272f0',
  'between-the-lines': '4ad1595783ca8fda',
};

const print = { widthPx: 300, heightPx: 400 };
const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

describe.each(listPipelines().map(({ slug }) => slug))('%s', (slug) => {
  it('paints the same pixels in bands of any height, in any order', async () => {
    const { painter, geometry } = await samplePainter({ slug, ...print });
    const whole = paintAll(painter, geometry);
    for (const bandRows of [1, 7, 64]) expect(hash(paintAll(painter, geometry, bandRows))).toBe(hash(whole));
    const below = new Uint8Array(50 * 300 * 3);
    painter.paint(350, 50, below);
    expect(hash(below)).toBe(hash(whole.subarray(350 * 300 * 3)));
  });

  it('paints what it painted before', async () => {
    const { painter, geometry } = await samplePainter({ slug, ...print });
    expect(hash(paintAll(painter, geometry))).toBe(GOLDEN[slug]);
  });

  it('shows the same picture at every size', async () => {
    const small = await samplePainter({ slug, widthPx: 1600, heightPx: 240 });
    const large = await samplePainter({ slug, widthPx: 3200, heightPx: 480 });
    const a = paintAll(small.painter, small.geometry);
    const b = paintAll(large.painter, large.geometry);
    expect(correlation(blocks(a, 1600, 240, 20), blocks(b, 3200, 480, 40))).toBeGreaterThan(0.97);
  });
});

/** Mean grey of square blocks. */
function blocks(rgb: Uint8Array, width: number, height: number, side: number): number[] {
  const columns = width / side;
  const sums = new Array<number>(columns * (height / side)).fill(0);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      sums[Math.floor(y / side) * columns + Math.floor(x / side)] += rgb[3 * (y * width + x) + 1];
    }
  }
  return sums.map((sum) => sum / (side * side));
}

function correlation(a: number[], b: number[]): number {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  const dot = (u: number[], mu: number, v: number[], mv: number): number =>
    u.reduce((sum, value, i) => sum + (value - mu) * (v[i] - mv), 0);
  return dot(a, ma, b, mb) / Math.sqrt(dot(a, ma, a, ma) * dot(b, mb, b, mb));
}
