import type { RgbImage } from '#photo';
import { gaussianBlur } from '../fields/gaussian.js';
import { flatPhoto, paintAll, samplePainter } from '../painting-samples.js';

const print = { slug: 'between-the-lines', widthPx: 600, heightPx: 800 };

/** Middle grey between a white and a black border, so that the tone range is the full one. */
function middleGrey(width: number, height: number): RgbImage {
  const photo = flatPhoto(width, height, 80);
  photo.data.fill(255, 0, photo.data.length / 8);
  photo.data.fill(0, (photo.data.length * 7) / 8);
  return photo;
}

async function rowsOf(
  settings: object,
  photo?: (w: number, h: number) => RgbImage,
): Promise<{ grey: Uint8Array; width: number }> {
  const { painter, geometry } = await samplePainter({ ...print, settings, photo });
  const rgb = paintAll(painter, geometry);
  const from = geometry.widthPx * 3 * 300;
  return {
    grey: rgb.subarray(from, from + geometry.widthPx * 3 * 200).filter((_, i) => i % 3 === 0),
    width: geometry.widthPx,
  };
}

/** Direction of lines in degrees and how strictly they keep it, from the sums of gradient products. */
function direction(grey: Uint8Array, width: number): { degrees: number; coherence: number } {
  // Central differences of edges one pixel sharp lean towards the axes.
  const soft = gaussianBlur({ width, height: grey.length / width, data: Float32Array.from(grey) }, 1.5).data;
  let [xx, xy, yy] = [0, 0, 0];
  for (let i = width + 1; i < grey.length - width - 1; i++) {
    const gx = soft[i + 1] - soft[i - 1];
    const gy = soft[i + width] - soft[i - width];
    xx += gx * gx;
    xy += gx * gy;
    yy += gy * gy;
  }
  const degrees = (Math.atan2(2 * xy, xx - yy) * 90) / Math.PI + 90;
  return { degrees: (degrees + 180) % 180, coherence: Math.hypot(2 * xy, xx - yy) / (xx + yy) };
}

describe('between-the-lines', () => {
  it.each([
    [20, 0],
    [35, 0],
    [120, 0],
    [35, 1],
  ])('draws straight lines at %i degrees on even ground, follow %d', async (angleDeg, followForm) => {
    const { grey, width } = await rowsOf({ angleDeg, followForm, pitchMm: 3 }, middleGrey);
    const found = direction(grey, width);
    expect(Math.abs(found.degrees - angleDeg)).toBeLessThan(2);
    expect(found.coherence).toBeGreaterThan(0.8);
  });

  it.each([0, 1])('keeps the pitch, follow %d', async (followForm) => {
    const { grey, width } = await rowsOf({ angleDeg: 0, pitchMm: 2, followForm }, middleGrey);
    let lines = 0;
    for (let i = width * 2 + 300; i < grey.length; i += width) if (grey[i] < 128 && grey[i - width] >= 128) lines++;
    // 200 rows of a print whose 800 rows stand for 12 inches.
    const expected = ((200 / 800) * 304.8) / 2;
    expect(Math.abs(lines - expected)).toBeLessThanOrEqual(2);
  });

  it('is ink or paper nearly everywhere', async () => {
    const { painter, geometry } = await samplePainter(print);
    const rgb = paintAll(painter, geometry);
    const clear = rgb.filter((v) => v <= 40 || v >= 240).length / rgb.length;
    expect(clear).toBeGreaterThan(0.75);
  });

  it('leaves white white and makes black solid', async () => {
    const { painter, geometry } = await samplePainter({ ...print, settings: { contour: 0 }, photo: middleGrey });
    const rgb = paintAll(painter, geometry);
    const rowBytes = geometry.widthPx * 3;
    expect(new Set(rgb.subarray(30 * rowBytes, 60 * rowBytes))).toEqual(new Set([255]));
    expect(new Set(rgb.subarray(750 * rowBytes, 780 * rowBytes))).toEqual(new Set([0x11]));
  });

  it('uses the colours asked for', async () => {
    const { painter, geometry } = await samplePainter({
      ...print,
      settings: { inkColor: '#102080', paperColor: '#f0e0c0' },
      photo: middleGrey,
    });
    const rgb = paintAll(painter, geometry);
    expect([...rgb.subarray(0, 3)]).toEqual([0xf0, 0xe0, 0xc0]);
    expect([...rgb.subarray(-3)]).toEqual([0x10, 0x20, 0x80]);
  });
});
