import { exactExp } from '../fields/exact-math.js';
import { newPlane, type Plane } from '../fields/plane.js';
import type { PencilSketchSettings } from './settings.js';

/** Weights of light, middle and dark tones in drawings (Lu, Xu and Jia 2012). */
const WEIGHTS: Record<PencilSketchSettings['tone'], readonly [number, number, number]> = {
  light: [0.76, 0.22, 0.02],
  normal: [0.52, 0.37, 0.11],
  dark: [0.42, 0.29, 0.29],
};

/**
 * Moves lightness towards the tones of a drawing by histogram matching.
 * @param lightness 0..1
 * @returns 0..1
 */
export function drawingTones(lightness: Plane, { tone, toneBlend }: PencilSketchSettings): Plane {
  const counts = new Float64Array(256);
  for (const value of lightness.data) counts[byteOf(value)]++;
  const own = cumulative(counts);
  const target = cumulative(drawingHistogram(WEIGHTS[tone]));
  const curve = new Float32Array(257);
  const [low, high] = [rank(own, 0.005), rank(own, 0.995)];
  for (let v = 0; v < 256; v++) {
    const stretched = Math.min(1, Math.max(0, (v - low) / Math.max(32, high - low)));
    curve[v] = stretched + toneBlend * (rank(target, own[v]) / 255 - stretched);
  }
  curve[256] = curve[255];
  const out = newPlane(lightness.width, lightness.height);
  for (let i = 0; i < out.data.length; i++) {
    const at = Math.min(255, Math.max(0, lightness.data[i] * 255));
    const v = Math.floor(at);
    out.data[i] = curve[v] + (curve[v + 1] - curve[v]) * (at - v);
  }
  return out;
}

function drawingHistogram([light, middle, dark]: readonly [number, number, number]): Float64Array {
  return Float64Array.from({ length: 256 }, (_, v) => {
    const paper = exactExp(-(255 - v) / 9) / 9;
    const even = v >= 105 && v <= 225 ? 1 / 120 : 0;
    const deep = exactExp((-(v - 90) * (v - 90)) / (2 * 11 * 11)) / 27.57;
    return light * paper + middle * even + dark * deep;
  });
}

/** Running share, 0..1. */
function cumulative(counts: Float64Array): Float64Array {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let sum = 0;
  return counts.map((count) => (sum += count) / total);
}

/** First value whose running share reaches the given one. */
function rank(shares: Float64Array, share: number): number {
  for (let v = 0; v < 255; v++) if (shares[v] >= share - 1e-12) return v;
  return 255;
}

function byteOf(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value * 255)));
}
