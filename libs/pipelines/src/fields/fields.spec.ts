import fc from 'fast-check';
import { RenderSession } from '../engine/render-session.js';
import { cosineOfTurns, detExp, detCbrt, detSinCos, detAtan2Turns } from './deterministic-math.js';
import { newPlane, newTexels, type Plane, type Texels, valuesOf } from './field.js';
import { flowDog, flowField, smoothAlong } from './flow.js';
import { gaussianBlur } from './gaussian.js';
import { hash2, hashUnit } from './hash-noise.js';
import { kmeans } from './kmeans.js';
import { oklabTexels } from './lab-field.js';
import { mergeSmallRegions, modeFilter, type LabelField } from './label-field.js';
import { oklabToSrgb } from './oklab.js';
import { domainTransform } from './smoothing.js';

let session: RenderSession;
beforeAll(async () => (session = await RenderSession.open({ threads: 2 })));
afterAll(() => session.close());

function planeOf(width: number, height: number, value: (x: number, y: number) => number): Plane {
  const plane = newPlane(session, { width, height });
  const data = valuesOf(session, plane);
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data[y * width + x] = value(x, y);
  return plane;
}

function grayTexels(width: number, height: number, value: (x: number, y: number) => number): Texels {
  const texels = newTexels(session, { width, height });
  const data = valuesOf(session, texels);
  for (let i = 0; i < data.length; i++) data[i] = value(Math.floor(i / 4) % width, Math.floor(i / 4 / width));
  return texels;
}

describe('exact math', () => {
  it('agrees with the engine', () => {
    for (let x = -40; x <= 2; x += 0.37) expect(detExp(x) / Math.exp(x)).toBeCloseTo(1, 11);
    for (let x = 0.0001; x <= 1; x += 0.0137) {
      for (const n of [2, 3, 5, 12]) expect(detCbrt(x, n)).toBeCloseTo(x ** (1 / n), 10);
    }
    for (let a = -400; a <= 400; a += 7.3) {
      const { sin, cos } = detSinCos(a);
      expect(sin).toBeCloseTo(Math.sin((a * Math.PI) / 180), 11);
      expect(cos).toBeCloseTo(Math.cos((a * Math.PI) / 180), 11);
      expect(cosineOfTurns(a / 360)).toBeCloseTo(cos, 5);
      expect(detAtan2Turns(sin, cos)).toBeCloseTo(Math.atan2(sin, cos) / (2 * Math.PI), 4);
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
});

describe('gaussianBlur', () => {
  it.each([0.8, 2.5, 4, 9.3, 20])('of sigma %d keeps the mean, flat fields and the width asked for', async (sigma) => {
    const size = 161;
    const dot = planeOf(size, size, (x, y) => (x === 80 && y === 80 ? 1 : 0));
    await gaussianBlur(session, dot, sigma);
    let sum = 0;
    let variance = 0;
    valuesOf(session, dot).forEach((value, i) => {
      sum += value;
      variance += value * ((i % size) - 80) ** 2;
    });
    expect(sum).toBeCloseTo(1, 3);
    expect(Math.sqrt(variance) / sigma).toBeCloseTo(1, 1);
    const flat = grayTexels(30, 20, () => 0.3);
    await gaussianBlur(session, flat, sigma);
    expect(valuesOf(session, flat).every((v) => Math.abs(v - 0.3) < 1e-5)).toBe(true);
  });

  it('treats the four values of a texel alike and apart, at the borders too', async () => {
    const [width, height] = [13, 11];
    const value = (x: number, y: number): number => ((x * 7 + y * 13) % 5) / 5;
    const plane = planeOf(width, height, value);
    const texels = grayTexels(width, height, value);
    valuesOf(session, texels).forEach((v, i, all) => (all[i] = v * ((i % 4) + 1)));
    await gaussianBlur(session, plane, 1.7);
    await gaussianBlur(session, texels, 1.7);
    const single = valuesOf(session, plane);
    valuesOf(session, texels).forEach((v, i) => expect(v / ((i % 4) + 1)).toBeCloseTo(single[i >> 2], 5));
  });
});

describe('flowField', () => {
  it.each([0, 20, 45, 90, 135, 160])('finds stripes at %i degrees', async (angle) => {
    const { sin, cos } = detSinCos(angle);
    const stripes = grayTexels(60, 60, (x, y) => 0.5 + 0.5 * cosineOfTurns((-x * sin + y * cos) / 12));
    const flow = valuesOf(session, await flowField(session, stripes, 3));
    const i = 4 * (30 * 60 + 30);
    expect(Math.abs(flow[i] * cos + flow[i + 1] * sin)).toBeGreaterThan(0.999);
    expect(flow[i + 2]).toBeGreaterThan(0.9);
  });

  it('finds no direction in a flat field', async () => {
    const flow = valuesOf(
      session,
      await flowField(
        session,
        grayTexels(20, 20, () => 0.5),
        2,
      ),
    );
    expect(flow.every((value, i) => i % 4 !== 2 || value === 0)).toBe(true);
  });
});

describe('smoothAlong', () => {
  it('keeps stripes that run with the flow and evens out what lies across it', async () => {
    const flow = await flowField(
      session,
      grayTexels(80, 80, (x) => 0.5 + 0.5 * cosineOfTurns(x / 10)),
      2,
    );
    const upright = await smoothAlong(
      session,
      planeOf(80, 80, (x) => x % 2),
      flow,
      6,
    );
    const level = await smoothAlong(
      session,
      planeOf(80, 80, (_, y) => (y >> 1) % 2),
      flow,
      6,
    );
    const spread = (plane: Plane): number => {
      const inner = [...valuesOf(session, plane)].filter((_, i) => i % 80 > 20 && i % 80 < 60 && i > 1600 && i < 4800);
      return Math.max(...inner) - Math.min(...inner);
    };
    expect(spread(upright)).toBeGreaterThan(0.9);
    expect(spread(level)).toBeLessThan(0.3);
  });
});

describe('flowDog', () => {
  it('answers on a dark line, not beside it and not on flat ground', async () => {
    const line = (x: number): number => (Math.abs(x - 40) < 2 ? 0.2 : 0.8);
    const flow = await flowField(session, grayTexels(80, 80, line), 2);
    const answer = await flowDog(session, planeOf(80, 80, line), flow, { sigmaEdge: 1.2, sigmaFlow: 4 });
    const at = (x: number): number => valuesOf(session, answer)[40 * 80 + x];
    expect(at(40)).toBeGreaterThan(0.1);
    expect(at(36)).toBeLessThan(0);
    expect(Math.abs(at(60))).toBeLessThan(1e-4);
  });
});

describe('domainTransform', () => {
  it('flattens texture and keeps the edge', async () => {
    const size = 80;
    const rgb = session.arena.allocate(size * size * 3);
    const data = session.arena.u8(rgb, size * size * 3);
    for (let i = 0; i < data.length; i++) data[i] = (Math.floor(i / 3) % size < 40 ? 60 : 190) + (hash2(i, 0, 1) & 7);
    const photo = { width: size, height: size, rgb };
    const smooth = valuesOf(session, await domainTransform(session, photo, { sigmaSpace: 20, sigmaRange: 0.3 }));
    const row = Array.from({ length: size }, (_, x) => 255 * smooth[4 * (40 * size + x)]);
    const spread = (values: number[]): number => Math.max(...values) - Math.min(...values);
    expect(spread(row.slice(5, 38))).toBeLessThan(3);
    expect(row[43] - row[36]).toBeGreaterThan(115);
  });
});

describe('kmeans', () => {
  it('finds clusters that lie apart, whatever their sizes', async () => {
    const centers = [
      [0, 0, 0],
      [5, 0, 0],
      [0, 5, 0],
      [0, 0, 5],
    ];
    const points = new Float32Array(4 * 400);
    for (let i = 0; i < 400; i++) {
      const center = centers[i < 250 ? 0 : 1 + (i % 3)];
      points.set([...center.map((v, d) => v + 0.2 * hashUnit(i, d, 9)), 1], 4 * i);
    }
    const found = await kmeans(session, points, { k: 4, seed: 1, restarts: 4 });
    for (const center of centers) {
      const nearest = Math.min(
        ...[0, 1, 2, 3].map((c) => Math.hypot(...center.map((v, d) => v + 0.1 - found[3 * c + d]))),
      );
      expect(nearest).toBeLessThan(0.1);
    }
  });
});

describe('OKLab', () => {
  it('goes there and back for every color', async () => {
    const texels = newTexels(session, { width: 64, height: 64 });
    const colors = Array.from({ length: 64 * 64 }, (_, i) => [0, 1, 2].map((c) => hash2(i, c, 4) & 255));
    valuesOf(session, texels).set(colors.flatMap((color) => [...color.map((v) => v / 255), 0]));
    const lab = valuesOf(session, await oklabTexels(session, texels));
    colors.forEach((color, i) => {
      const back = oklabToSrgb([lab[4 * i], lab[4 * i + 1], lab[4 * i + 2]]);
      expect(Math.max(...back.map((v, c) => Math.abs(v - color[c])))).toBeLessThanOrEqual(1);
    });
  });
});

describe('label fields', () => {
  function fieldOf(width: number, height: number, k: number, label: (i: number) => number): LabelField {
    const at = session.arena.allocate(width * height);
    session.arena.u8(at, width * height).forEach((_, i, data) => (data[i] = label(i)));
    return { at, width, height, k };
  }
  const labelsOf = ({ at, width, height }: LabelField): Uint8Array => session.arena.u8(at, width * height);

  it('lose single pixels to the mode filter and keep their borders', async () => {
    const field = fieldOf(20, 20, 3, (i) => (i === 105 ? 2 : i % 20 < 10 ? 0 : 1));
    await modeFilter(session, field, 1);
    expect(labelsOf(field)[105]).toBe(0);
    expect([labelsOf(field)[109], labelsOf(field)[110]]).toEqual([0, 1]);
  });

  it('have no region below the least area once merged', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 2, max: 12 }),
        async (seed, minArea) => {
          const field = fieldOf(17, 13, 4, (i) => hash2(i >> 1, 0, seed) & 3);
          await mergeSmallRegions(session, field, minArea);
          expect(smallestRegion(labelsOf(field), 17)).toBeGreaterThanOrEqual(Math.min(minArea, 17 * 13));
        },
      ),
      { numRuns: 60 },
    );
  });

  function smallestRegion(labels: Uint8Array, width: number): number {
    const seen = new Set<number>();
    let smallest = labels.length;
    labels.forEach((label, start) => {
      if (seen.has(start)) return;
      const region = [start];
      seen.add(start);
      for (const i of region) {
        const x = i % width;
        const around = [x > 0 ? i - 1 : -1, x < width - 1 ? i + 1 : -1, i - width, i + width];
        for (const j of around) {
          if (j < 0 || labels[j] !== label || seen.has(j)) continue;
          seen.add(j);
          region.push(j);
        }
      }
      smallest = Math.min(smallest, region.length);
    });
    return smallest;
  }
});
