import type { RenderSession } from '../../engine/render-session.js';
import { cosineOfTurns, detExp, detAtan2Turns } from '../../fields/deterministic-math.js';
import { newPlane, type Plane } from '../../fields/field.js';
import { filterAcross, meanAlong, type AcrossKernel, type Tangents } from './tangents.js';

const SECTORS = 24;
const ROUNDS = 2;
/** Steps into which the sine of a direction is divided to find its sector. */
const SECTOR_STEPS = 4095;
/** Samples of the wavelet per wave length. */
const SAMPLES_PER_WAVE = 4;

export interface CarrierOptions {
  /** Wave length in working pixels, at least 4. */
  readonly pitch: number;
  /** Direction that even ground has; the waves there are straight to the last digit. */
  readonly angleDeg: number;
}

/**
 * A wave whose crests run along a flow at constant spacing: crests are the middle of engraving lines. Starts as straight
 * waves in sectors of like direction; filtering along the flow and with a complex wavelet across it (as in fingerprint
 * synthesis, Cappelli 2000, and phasor noise, Tricard 2019) joins them and leaves a few forks where directions diverge.
 * @param wave where the cosine of the phase goes, -1..1
 */
export async function flowWave(
  session: RenderSession,
  tangents: Tangents,
  { pitch, angleDeg }: CarrierOptions,
  wave: Plane,
): Promise<void> {
  await session.arena.scoped(async () => {
    await sectorWaves(session, tangents, pitch, angleDeg / 360, wave);
    const drawn = newPlane(session, wave);
    const kernel = wavelet(pitch);
    for (let round = 0; round < ROUNDS; round++) {
      await meanAlong(session, wave, tangents, pitch * 0.9, drawn);
      await filterAcross(session, drawn, tangents, kernel, wave);
    }
  });
}

/** @param base direction on which one sector is centered, in turns */
async function sectorWaves(
  session: RenderSession,
  tangents: Tangents,
  pitch: number,
  base: number,
  out: Plane,
): Promise<void> {
  const normals = Array.from({ length: SECTORS }, (_, sector) => [
    -cosineOfTurns(base + sector / (2 * SECTORS) - 0.25) / pitch,
    cosineOfTurns(base + sector / (2 * SECTORS)) / pitch,
  ]);
  const { arena } = session;
  const sectors = arena.allocate(SECTOR_STEPS + 1);
  arena.u8(sectors, SECTOR_STEPS + 1).forEach((_, i, all) => {
    const ty = (2 * i) / SECTOR_STEPS - 1;
    const turns = detAtan2Turns(ty, Math.sqrt(1 - ty * ty));
    all[i] = Math.round((turns - base + 2) * 2 * SECTORS) % SECTORS;
  });
  const at = arena.storeF32(normals.flat());
  await session.parallelRows('sectorWaves', out.height, tangents.at, out.at, out.width, sectors, SECTOR_STEPS, at);
}

/** Even and odd part of a wave under a bell, for either side. */
function wavelet(pitch: number): AcrossKernel {
  const step = pitch / SAMPLES_PER_WAVE;
  const bell = Array.from({ length: Math.ceil(1.25 * SAMPLES_PER_WAVE) + 1 }, (_, k) => {
    const waves = k / SAMPLES_PER_WAVE / 0.55;
    return detExp((-waves * waves) / 2);
  });
  const even = bell.map((weight, k) => weight * cosineOfTurns(k / SAMPLES_PER_WAVE));
  const odd = bell.map((weight, k) => weight * cosineOfTurns(k / SAMPLES_PER_WAVE - 0.25));
  const both = (values: number[]): number => values.reduce((sum, v, k) => sum + (k === 0 ? v : 2 * v), 0);
  // A wavelet must not answer to a constant.
  const mean = both(even) / both(bell);
  return { even: even.map((v, k) => v - mean * bell[k]), odd, step };
}
