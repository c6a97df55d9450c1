import fc from 'fast-check';
import { syntheticPhoto } from '../painting-samples.js';
import { printGeometry } from '../geometry.js';
import { directionalBox } from './directional-box.js';
import { domainTransform } from './domain-transform.js';
import { cosineOfTurns, exactExp, exactRoot, exactSinCos, exactTurns } from './exact-math.js';
import { flowDog } from './fdog.js';
import { gaussianBlur } from './gaussian.js';
import { hash2, hashUnit, valueNoise } from './hash-noise.js';
import { kmeans, nearestCentre } from './kmeans.js';
import { mergeSmallRegions, modeFilter, type LabelField } from './label-field.js';
import { LabelUpscaler } from './label-upscaler.js';
import { oklabToSrgb, writeOklab } from './oklab.js';
import { newPlane, type Plane } from './plane.js';
import { flowField } from './structure-tensor.js';
import { Upscaler } from './upscaler.js';

function planeOf(width: number, height: number, value: (x: number, y: number) => number): Plane {
  const plane = newPlane(width, height);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) plane.data[y * width + x] = value(x, y);
  return plane;
}

describe('exact math', () => {
  it('agrees with the engine', () => {
    for (let x = -40; x <= 2; x += 0.37) expect(exactExp(x) / Math.exp(x)).toBeCloseTo(1, 11);
    for (let x = 0.0001; x <= 1; x += 0.0137) {
      for (const n of [2, 3, 5, 12]) expect(exactRoot(x, n)).toBeCloseTo(x ** (1 / n), 10);
    }
    for (let a = -400; a <= 400; a += 7.3) {
      const { sin, cos } = exactSinCos(a);
      expect(sin).toBeCloseTo(Math.sin((a * Math.PI) / 180), 11);
      expect(cos).toBeCloseTo(Math.cos((a * Math.PI) / 180), 11);
      expect(cosineOfTurns(a / 360)).toBeCloseTo(cos, 5);
      expect(exactTurns(sin, cos)).toBeCloseTo(Math.atan2(sin, cos) / (2 * Math.PI), 4);
    }
  });
});

describe('hash noise', () => {
  it('is spread evenly and does not repeat along rows, columns or seeds', () => {
    const n = 20_000;
    const values = Array.from({ length: n }, (_, i) => hashUnit(i % 141, Math.floor(i / 141), 3));
    expect(values.reduce((sum, v) => sum + v, 0) / n).toBeCloseTo(0.5, 1);
    expect(new Set(values).size).toBeGreaterThan(n - 10);
    expect(hash2(1, 2, 3)).not.toBe(hash2(2, 1, 3));
    expect(hash2(1, 2, 3)).not.toBe(hash2(1, 2, 4));
  });

  it('is smooth between its lattice points', () => {
    for (let x = -3; x < 3; x += 0.01) {
      expect(Math.abs(valueNoise(x + 0.01, 1.3, 5) - valueNoise(x, 1.3, 5))).toBeLessThan(0.03);
    }
  });
});

describe('gaussianBlur', () => {
  it.each([0.8, 2.5, 4, 9.3, 20])('of sigma %d keeps the mean, flat fields and the width asked for', (sigma) => {
    const size = 161;
    const { data } = gaussianBlur(
      planeOf(size, size, (x, y) => (x === 80 && y === 80 ? 1 : 0)),
      sigma,
    );
    let sum = 0;
    let variance = 0;
    for (let i = 0; i < data.length; i++) {
      sum += data[i];
      variance += data[i] * ((i % size) - 80) ** 2;
    }
    expect(sum).toBeCloseTo(1, 3);
    expect(Math.sqrt(variance) / sigma).toBeCloseTo(1, 1);
    expect(
      gaussianBlur(
        planeOf(30, 20, () => 0.3),
        sigma,
      ).data.every((v) => Math.abs(v - 0.3) < 1e-5),
    ).toBe(true);
  });
});

describe('flowField', () => {
  it.each([0, 20, 45, 90, 135, 160])('finds stripes at %i degrees', (angle) => {
    const { sin, cos } = exactSinCos(angle);
    const flow = flowField([planeOf(60, 60, (x, y) => cosineOfTurns((-x * sin + y * cos) / 12))], 3);
    const i = 30 * 60 + 30;
    expect(Math.abs(flow.tx[i] * cos + flow.ty[i] * sin)).toBeGreaterThan(0.999);
    expect(flow.anisotropy[i]).toBeGreaterThan(0.9);
  });

  it('finds no direction in a flat field', () => {
    const flow = flowField([planeOf(20, 20, () => 5)], 2);
    expect(flow.anisotropy.every((a) => a === 0)).toBe(true);
  });
});

describe('domainTransform', () => {
  it('flattens texture and keeps the edge', () => {
    const size = 80;
    const data = new Uint8Array(size * size * 3);
    for (let i = 0; i < data.length; i++) data[i] = (Math.floor(i / 3) % size < 40 ? 60 : 190) + (hash2(i, 0, 1) & 7);
    const [red] = domainTransform({ width: size, height: size, data }, { sigmaSpace: 20, sigmaRange: 0.3 });
    const row = [...red.data.subarray(40 * size, 41 * size)];
    const spread = (values: number[]): number => Math.max(...values) - Math.min(...values);
    expect(spread(row.slice(5, 38))).toBeLessThan(3);
    expect(row[43] - row[36]).toBeGreaterThan(115);
  });
});

describe('flowDog', () => {
  it('answers on a dark line, not beside it and not on flat ground', () => {
    const lightness = planeOf(60, 60, (x) => (x >= 29 && x <= 31 ? 0.2 : 0.8));
    const { data } = flowDog(lightness, flowField([lightness], 2), { sigmaEdge: 1.2, sigmaFlow: 4 });
    expect(data[30 * 60 + 30]).toBeGreaterThan(0.08);
    expect(data[30 * 60 + 24]).toBeLessThan(0);
    expect(Math.abs(data[30 * 60 + 5])).toBeLessThan(1e-4);
  });
});

describe('directionalBox', () => {
  it.each([0, 22.5, 45, 67.5, 90, 112.5, 157.5])('keeps a line along %d degrees and dims one across', (angle) => {
    const at = (a: number): Plane => {
      const { sin, cos } = exactSinCos(a);
      return planeOf(81, 81, (x, y) => (Math.abs(-(x - 40) * sin + (y - 40) * cos) <= 1.2 ? 1 : 0));
    };
    const middle = 40 * 81 + 40;
    expect(directionalBox(at(angle), exactSinCos(angle), 10).data[middle]).toBeGreaterThan(0.95);
    expect(directionalBox(at(angle + 90), exactSinCos(angle), 10).data[middle]).toBeLessThan(0.3);
  });
});

describe('OKLab', () => {
  it('leads back to the same bytes', () => {
    const lab = new Float32Array(3);
    fc.assert(
      fc.property(fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255)), ([r, g, b]) => {
        writeOklab(r, g, b, lab, 0);
        const back = oklabToSrgb([lab[0], lab[1], lab[2]]);
        expect(Math.max(Math.abs(back[0] - r), Math.abs(back[1] - g), Math.abs(back[2] - b))).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('brings colours outside the gamut in at the same hue', () => {
    const lab = new Float32Array(3);
    const color = oklabToSrgb([0.7, 0.3, 0.3]);
    writeOklab(...color, lab, 0);
    expect(lab[1] / lab[2]).toBeCloseTo(1, 1);
  });
});

describe('kmeans', () => {
  const points = Float32Array.from(
    { length: 3 * 900 },
    (_, i) => [0.1, 0.5, 0.9][Math.floor(i / 3) % 3] + 0.02 * hashUnit(i, 0, 9),
  );
  const weights = new Float32Array(900).fill(1);

  it('finds separate clusters, the same ones each time', () => {
    const options = { k: 3, seed: 4, restarts: 2 };
    const centres = kmeans(points, weights, options);
    expect([...centres].map((c) => Math.round(c * 10)).sort()).toEqual([1, 1, 1, 5, 5, 5, 9, 9, 9]);
    expect(kmeans(points, weights, options)).toEqual(centres);
  });

  it('survives more centres than distinct points', () => {
    const same = new Float32Array(30).fill(0.25);
    const centres = kmeans(same, new Float32Array(10).fill(1), { k: 4, seed: 1, restarts: 1 });
    expect([...centres]).toEqual(new Array(12).fill(0.25));
    expect(nearestCentre(same, 0, centres)).toBe(0);
  });
});

describe('label field', () => {
  const field = (rows: string[]): LabelField => ({
    width: rows[0].length,
    height: rows.length,
    data: Uint8Array.from(rows.join(''), (digit) => Number(digit)),
    k: 4,
  });
  const text = ({ data, width }: LabelField): string[] => [...data].join('').match(new RegExp(`.{${width}}`, 'g'))!;

  it('loses specks to the most frequent label around', () => {
    expect(text(modeFilter(field(['11111', '11211', '11111', '13111', '11111']), 1)).join('')).toMatch(/^1+$/);
  });

  it('gives a small region to the neighbour with the longest border', () => {
    const merged = mergeSmallRegions(field(['001111', '001211', '003311', '001111']), 3);
    expect(text(merged)).toEqual(['001111', '001111', '001111', '001111']);
  });

  it('leaves no region below the least area', () => {
    const data = Uint8Array.from({ length: 40 * 40 }, (_, i) => (hash2(i, 1, 1) >>> 0) % 4);
    const merged = mergeSmallRegions({ width: 40, height: 40, data, k: 4 }, 12);
    expect(mergeSmallRegions(merged, 12).data).toEqual(merged.data);
  });

  it('is enlarged with exactly its own colours and a smooth border', () => {
    const geometry = printGeometry(6400, 40, 300);
    const { workingWidth: width, workingHeight: height } = geometry;
    const data = Uint8Array.from({ length: width * height }, (_, i) =>
      i % width < 700 + 4 * Math.floor(i / width) ? 0 : 3,
    );
    const upscaler = new LabelUpscaler({ width, height, data, k: 4 }, geometry, { sigma: 1, antialias: false });
    const palette = Uint8Array.from([10, 10, 10, 0, 0, 0, 0, 0, 0, 200, 200, 200]);
    const edges: number[] = [];
    const row = new Uint8Array(6400 * 3);
    for (let y = 8; y < 32; y++) {
      upscaler.paintRow(y, palette, row, 0);
      expect(new Set(row)).toEqual(new Set([10, 200]));
      edges.push(row.indexOf(200) / 3);
    }
    const steps = edges.slice(1).map((edge, i) => edge - edges[i]);
    expect(Math.max(...steps)).toBeLessThanOrEqual(8);
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(1);
  });
});

describe('Upscaler', () => {
  it('keeps flat fields and straight ramps, borders apart', () => {
    const geometry = printGeometry(4800, 300, 300);
    const { workingWidth, workingHeight } = geometry;
    const out = new Float32Array(4800);
    const slope = new Float32Array(4800);
    new Upscaler(geometry).rowWithSlope(
      planeOf(workingWidth, workingHeight, (x) => x),
      150,
      out,
      slope,
    );
    for (let x = 50; x < 4750; x += 13) {
      expect(out[x]).toBeCloseTo((x + 0.5) / 3 - 0.5, 2);
      expect(slope[x]).toBeCloseTo(1 / 3, 3);
    }
  });
});

it('the synthetic photo is the same everywhere', () => {
  expect(syntheticPhoto(9, 9)).toEqual(syntheticPhoto(9, 9));
});
