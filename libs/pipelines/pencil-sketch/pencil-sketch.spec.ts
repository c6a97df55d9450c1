import { flatPhoto, paintAll, samplePainter, syntheticPhoto } from '../painting-samples.js';

const print = { slug: 'pencil-sketch', widthPx: 600, heightPx: 800 };

async function greys(settings: object, photo = syntheticPhoto): Promise<Uint8Array> {
  const { painter, geometry } = await samplePainter({ ...print, settings, photo });
  const rgb = paintAll(painter, geometry);
  for (let i = 0; i < rgb.length; i += 3) {
    if (rgb[i] !== rgb[i + 1] || rgb[i] !== rgb[i + 2]) throw new Error('not grey');
  }
  return rgb.filter((_, i) => i % 3 === 0);
}

const mean = (values: Uint8Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('pencil-sketch', () => {
  it('leaves paper white and uses black sparingly, all of it neutral', async () => {
    const pixels = await greys({});
    expect(pixels.filter((v) => v >= 240).length / pixels.length).toBeGreaterThan(0.15);
    expect(pixels.filter((v) => v <= 16).length / pixels.length).toBeLessThan(0.05);
  });

  it('hatches darker photos darker', async () => {
    const lightness: number[] = [];
    for (const grey of [30, 90, 150, 210]) {
      const half = (w: number, h: number) => {
        const photo = flatPhoto(w, h, grey);
        photo.data.fill(255, 0, photo.data.length / 4);
        photo.data.fill(0, (photo.data.length * 3) / 4);
        return photo;
      };
      const pixels = await greys({ toneBlend: 0, lineStrength: 0 }, half);
      lightness.push(mean(pixels.subarray(pixels.length * 0.35, pixels.length * 0.65)));
    }
    expect(lightness).toEqual([...lightness].sort((a, b) => a - b));
    expect(lightness[3] - lightness[0]).toBeGreaterThan(100);
    // Hatching reproduces a middle tone on average.
    expect(Math.abs(lightness[2] - 150)).toBeLessThan(20);
  });

  it('leaves a blank sheet without shading and lines', async () => {
    expect(new Set(await greys({ shading: 0, lineStrength: 0 }))).toEqual(new Set([253]));
  });

  it('draws other strokes from another seed', async () => {
    expect(Buffer.compare(await greys({ seed: 1 }), await greys({ seed: 2 }))).not.toBe(0);
  });
});
