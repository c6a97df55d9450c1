import { exactSinCos } from '../fields/exact-math.js';
import { laneNoise, valueNoise } from '../fields/hash-noise.js';
import type { PrintGeometry } from '../geometry.js';
import type { PencilSketchSettings } from './settings.js';

/** Directions that hatching which follows the form can take. */
export const HATCH_SECTORS = 16;

const STROKE_LENGTH_PITCHES = 12;
const LAYERS = [
  { turn: 0, from: 0, to: 0.75, opacity: 0.8 },
  { turn: 35, from: 0.38, to: 1, opacity: 0.72 },
  { turn: -50, from: 0.62, to: 1, opacity: 0.72 },
] as const;

/** Unit vectors along the strokes, per pixel of print over the pitch. */
interface Lattice {
  readonly ux: number;
  readonly uy: number;
  readonly vx: number;
  readonly vy: number;
}

/** Graphite on paper at print size: procedural, so it is as sharp as the print, and the same wherever it is cut. */
export class Graphite {
  private readonly sectors: Lattice[];
  private readonly layers: Lattice[];
  private readonly warpScale: number;
  private readonly coarse: number;
  private readonly fine: number;
  private readonly roughness: number;

  constructor(
    private readonly settings: PencilSketchSettings,
    { pxPerMm, pxPerSheetMm }: PrintGeometry,
  ) {
    const pitch = Math.max(1.5, settings.hatchPitchMm * pxPerMm);
    this.sectors = Array.from({ length: HATCH_SECTORS }, (_, i) => lattice((i * 180) / HATCH_SECTORS, pitch));
    this.layers = LAYERS.map(({ turn }) => lattice(settings.hatchAngleDeg + turn, pitch));
    this.warpScale = 1 / (pitch * 9);
    this.coarse = 1 / Math.max(1.6, 0.3 * pxPerMm);
    this.fine = 1 / Math.max(1.1, 0.16 * Math.min(pxPerMm, pxPerSheetMm));
    this.roughness = 0.25 + 0.75 * settings.grain;
  }

  /** Height of the paper at a pixel, 0..1, mean about one half. */
  paper(x: number, y: number): number {
    const { seed } = this.settings;
    const height =
      0.6 * valueNoise(x * this.coarse, y * this.coarse, seed + 101) +
      0.4 * valueNoise(x * this.fine, y * this.fine, seed + 102);
    return 0.5 + (height - 0.5) * 1.5;
  }

  /**
   * Share of light that hatching leaves.
   * @param demand 0 no hatching .. 1 as dark as it gets
   * @param paper {@link paper} of this pixel
   * @param direction in sectors, 0..{@link HATCH_SECTORS}; negative for the fixed angle
   * @returns 1 bare .. about 0.1
   */
  hatch(x: number, y: number, demand: number, paper: number, direction: number): number {
    if (demand <= 0) return 1;
    const warp = 1.4 * valueNoise(x * this.warpScale, y * this.warpScale, this.settings.seed + 103);
    let light = 1;
    for (let i = 0; i < LAYERS.length; i++) {
      const { from, to, opacity } = LAYERS[i];
      const pressure = (demand - from) / (to - from);
      if (pressure <= 0) break;
      const marks =
        i === 0 && direction >= 0
          ? this.turned(x, y, direction, warp, pressure)
          : this.marks(this.layers[i], 20 * i, x, y, warp, pressure);
      // A light hand leaves pale strokes, not few dark ones.
      const hand = 0.4 + 0.6 * (pressure < 1 ? pressure : 1);
      light *= 1 - opacity * hand * this.deposit(marks, paper);
    }
    return light;
  }

  /** What an amount of pressure leaves on paper of a height: hills take graphite first. */
  deposit(pressure: number, paper: number): number {
    const c = pressure * (1 + this.roughness) - this.roughness * (1 - paper) * 1.15;
    return c <= 0 ? 0 : c >= 1 ? 1 : c;
  }

  /** Strokes between two neighbouring directions cross-fade. */
  private turned(x: number, y: number, direction: number, warp: number, pressure: number): number {
    const low = Math.floor(direction);
    const t = direction - low;
    const share = t < 0.25 ? 0 : t > 0.75 ? 1 : 2 * t - 0.5;
    const a = low % HATCH_SECTORS;
    const b = (low + 1) % HATCH_SECTORS;
    let marks = 0;
    if (share < 1) marks += (1 - share) * this.marks(this.sectors[a], 200 + a, x, y, warp, pressure);
    if (share > 0) marks += share * this.marks(this.sectors[b], 200 + b, x, y, warp, pressure);
    return marks;
  }

  /** Pressure of the stroke under a pixel: lanes a pitch apart, each with its own strokes end to end. */
  private marks(
    { ux, uy, vx, vy }: Lattice,
    layer: number,
    x: number,
    y: number,
    warp: number,
    pressure: number,
  ): number {
    const v = x * vx + y * vy + warp;
    const lane = Math.floor(v);
    const across = v - lane - 0.5;
    const along = laneNoise(x * ux + y * uy + lane * 0.37, lane, this.settings.seed + layer);
    // Strokes that press harder are also wider; at full pressure lanes merge.
    const need = 0.75 * (1 - along) + 1.3 * across * across;
    const mark = (pressure * 1.05 + 0.12 - need) * 1.8;
    if (mark <= 0) return 0;
    // The lead's facets draw streaks within a stroke.
    const streak = laneNoise(along * 3 + lane * 0.61, Math.floor(v * 4), this.settings.seed + layer + 7);
    return (mark >= 1 ? 1 : mark) * (0.78 + 0.22 * streak);
  }
}

function lattice(angleDeg: number, pitch: number): Lattice {
  const { sin, cos } = exactSinCos(angleDeg);
  const length = pitch * STROKE_LENGTH_PITCHES;
  return { ux: cos / length, uy: sin / length, vx: -sin / pitch, vy: cos / pitch };
}
