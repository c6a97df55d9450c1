import { cosineOfTurns, exactExp, exactTurns } from '../fields/exact-math.js';
import { alongFlow, halfGaussian, sample } from '../fields/line-integral.js';
import { newPlane, type Plane } from '../fields/plane.js';
import type { FlowField } from '../fields/structure-tensor.js';
import type { Checkpoint } from '../pipeline.js';

const SECTORS = 24;
const ROUNDS = 2;

export interface CarrierOptions {
  /** Wave length in pixels, at least 4. */
  readonly pitch: number;
  /** Direction that even ground has; the waves there are straight to the last digit. */
  readonly angleDeg: number;
}

/**
 * A wave whose crests run along a flow at constant spacing: crests are the middle of engraving lines. Starts as straight
 * waves in sectors of like direction; filtering along the flow and with a complex wavelet across it (as in fingerprint
 * synthesis, Cappelli 2000, and phasor noise, Tricard 2019) joins them and leaves a few forks where directions diverge.
 * @returns cosine of the phase, -1..1
 */
export async function flowCarrier(
  flow: FlowField,
  { pitch, angleDeg }: CarrierOptions,
  checkpoint: Checkpoint,
): Promise<Plane> {
  let wave = sectorWaves(flow, pitch, angleDeg / 360);
  for (let round = 0; round < ROUNDS; round++) {
    const drawn = alongFlow(wave, flow, halfGaussian(pitch * 0.9, exactExp));
    await checkpoint();
    wave = acrossPhase(drawn, flow, pitch);
    await checkpoint();
  }
  return wave;
}

/** @param base direction on which one sector is centred, in turns */
function sectorWaves(flow: FlowField, pitch: number, base: number): Plane {
  const wave = newPlane(flow.width, flow.height);
  const normals = Array.from({ length: SECTORS }, (_, sector) => ({
    x: -cosineOfTurns(base + sector / (2 * SECTORS) - 0.25) / pitch,
    y: cosineOfTurns(base + sector / (2 * SECTORS)) / pitch,
  }));
  for (let y = 0, i = 0; y < flow.height; y++) {
    for (let x = 0; x < flow.width; x++, i++) {
      const turns = exactTurns(flow.ty[i], flow.tx[i]);
      const sector = Math.round((turns - base + 2) * 2 * SECTORS) % SECTORS;
      wave.data[i] = cosineOfTurns(x * normals[sector].x + y * normals[sector].y);
    }
  }
  return wave;
}

/** Cosine of the local phase across the flow, by an even and an odd wavelet. */
function acrossPhase(wave: Plane, flow: FlowField, pitch: number): Plane {
  const { width, height } = wave;
  const out = newPlane(width, height);
  const { even, odd } = wavelets(pitch);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const nx = -flow.ty[i];
      const ny = flow.tx[i];
      let re = even[0] * wave.data[i];
      let im = 0;
      for (let k = 1; k < even.length; k++) {
        const ahead = sample(wave, x + k * nx, y + k * ny);
        const behind = sample(wave, x - k * nx, y - k * ny);
        re += even[k] * (ahead + behind);
        im += odd[k] * (ahead - behind);
      }
      out.data[i] = re / Math.sqrt(re * re + im * im + 1e-9);
    }
  }
  return out;
}

function wavelets(pitch: number): { even: Float64Array; odd: Float64Array } {
  const radius = Math.ceil(1.25 * pitch);
  const sigma = 0.55 * pitch;
  const even = new Float64Array(radius + 1);
  const odd = new Float64Array(radius + 1);
  let weights = 0;
  let sum = 0;
  const bell = even.map((_, k) => exactExp((-k * k) / (2 * sigma * sigma)));
  for (let k = 0; k <= radius; k++) {
    even[k] = bell[k] * cosineOfTurns(k / pitch);
    odd[k] = bell[k] * cosineOfTurns(k / pitch - 0.25);
    weights += (k === 0 ? 1 : 2) * bell[k];
    sum += (k === 0 ? 1 : 2) * even[k];
  }
  // A wavelet must not answer to a constant.
  for (let k = 0; k <= radius; k++) even[k] -= (bell[k] * sum) / weights;
  return { even, odd };
}
