import type { Address } from '../../engine/arena.js';
import type { ThreadContext } from '../../engine/thread-context.js';
import { detSinCos } from '../../fields/deterministic-math.js';
import { hash2 } from '../../fields/hash-noise.js';
import type { PrintGeometry } from '../../geometry.js';
import type { PencilSketchSettings } from './settings.js';

/** Directions of the hatching against the main one, the demand at which each starts and is full, and its darkness. */
const LAYERS = [
  { turn: 0, from: 0, to: 0.72, opacity: 0.74, bend: 1 },
  { turn: 35, from: 0.36, to: 1, opacity: 0.62, bend: 0.7 },
  { turn: -50, from: 0.6, to: 1, opacity: 0.6, bend: 0.8 },
] as const;

/** Soft shading below the strokes: the demand at which it starts and is full, its pressure and its darkness then. */
const VEIL = { from: 0.1, to: 0.85, reach: 1.05, opacity: 0.62 } as const;

const STROKE_LENGTH_PITCHES = 16;

/** Lanes that would be narrower than this in print pixels could only flicker. */
const LEAST_PITCH_PX = 1;

const GRAY_STEP = 5;
const LINE_OPACITY = 0.86;

/** f32 values per layer of the pen, and all of the pen; kernels/graphite.ts reads it. */
const LAYER_VALUES = 12;
const PEN_VALUES = 3 * LAYER_VALUES + 14;

interface Octave {
  readonly spacing: number;
  readonly weight: number;
  readonly seed: number;
}

/** Distance between hatching strokes in print pixels. */
export function hatchPitchPx({ hatchPitchMm }: PencilSketchSettings, { pxPerMm }: PrintGeometry): number {
  return Math.max(LEAST_PITCH_PX, hatchPitchMm * pxPerMm);
}

/** Graphite on paper, made at print size: as sharp as the print, and the same wherever it is cut. */
export class Graphite {
  private readonly pen: Address;
  private readonly octaves: readonly Octave[];
  private readonly lines: Address;
  private readonly shares: Address;
  private readonly held: number[];

  constructor(
    private readonly settings: PencilSketchSettings,
    geometry: PrintGeometry,
    private readonly widthPx: number,
    private readonly context: ThreadContext,
  ) {
    const { arena } = context;
    this.octaves = paperOctaves(settings, geometry);
    this.pen = arena.allocate(PEN_VALUES * 4);
    this.lines = arena.allocate(6 * 4);
    this.shares = arena.allocate(3 * 4);
    this.held = this.octaves.flatMap(() => [-1, -1]);
    const lineBytes = widthPx * 4 + 32;
    const at = this.held.map(() => arena.allocate(lineBytes));
    arena.i32(this.lines, 6).set(at);
    this.setPen(geometry);
  }

  /**
   * @param demand f32 per print column and three more: hatching wanted, 0..1
   * @param warp f32 likewise: displacement of the hatching in pitches
   * @param line f32 likewise: pressure of the outlines, 0..1
   * @param out RGB and room for 16 bytes
   */
  row(y: number, demand: Address, warp: Address, line: Address, out: Address): void {
    this.octaves.forEach((octave, i) => this.layPaper(octave, i, y));
    this.context.kernels.graphiteRow(...[y, this.widthPx, demand, warp, line, this.lines, this.shares, this.pen, out]);
  }

  private layPaper({ spacing, seed }: Octave, octave: number, y: number): void {
    const at = y / spacing;
    const upper = Math.floor(at);
    const t = at - upper;
    const { arena } = this.context;
    const lines = arena.i32(this.lines, 6);
    const [a, b] = [2 * octave, 2 * octave + 1];
    if (this.held[a] !== upper && this.held[b] === upper) {
      [lines[a], lines[b]] = [lines[b], lines[a]];
      [this.held[a], this.held[b]] = [this.held[b], this.held[a]];
    }
    for (const [slot, line] of [
      [a, upper],
      [b, upper + 1],
    ]) {
      if (this.held[slot] === line) continue;
      this.context.kernels.noiseLine(line, spacing, seed, lines[slot], this.widthPx + 3);
      this.held[slot] = line;
    }
    arena.f32(this.shares, 3)[octave] = t * t * (3 - 2 * t);
  }

  private setPen(geometry: PrintGeometry): void {
    const { settings, context, octaves } = this;
    const values = context.arena.f32(this.pen, PEN_VALUES);
    const whole = context.arena.i32(this.pen, PEN_VALUES);
    const pitch = hatchPitchPx(settings, geometry);
    LAYERS.forEach(({ turn, from, to, opacity, bend }, i) => {
      const { sin, cos } = detSinCos(settings.hatchAngleDeg + turn);
      const length = pitch * STROKE_LENGTH_PITCHES;
      const layer = [-sin / pitch, cos / pitch, cos / length, sin / length, bend, from, 1 / (to - from), opacity];
      values.set(layer, i * LAYER_VALUES);
      whole[i * LAYER_VALUES + 8] = hash2(i, 77, settings.seed);
    });
    // Strokes few pixels wide would drown in grain that is hardly finer.
    const roughness = (0.35 + 0.85 * settings.grain) * Math.min(1, 0.6 + 0.03 * pitch);
    const weights = octaves.map(({ weight }) => roughness * weight);
    const lowest = roughness * 0.5 - weights.reduce((sum, weight) => sum + weight / 2, 0);
    const sharpness = 2.2;
    const crispness = 2.6;
    const shared = 3 * LAYER_VALUES;
    values.set([sharpness, crispness, ...weights, lowest, 0.9, LINE_OPACITY, 255 / GRAY_STEP], shared);
    whole[shared + 9] = GRAY_STEP;
    values.set([VEIL.from, 1 / (VEIL.to - VEIL.from), VEIL.reach, VEIL.opacity], shared + 10);
  }
}

/** The coarse tooth grows with the picture; the finest belongs to the sheet and vanishes when the print is shrunk. */
function paperOctaves({ seed }: PencilSketchSettings, { pxPerMm, pxPerSheetMm }: PrintGeometry): Octave[] {
  const fine = Math.max(1, 0.2 * Math.min(pxPerMm, pxPerSheetMm));
  const spacings = [Math.max(1, 0.33 * pxPerMm), Math.max(1, 0.15 * pxPerMm), fine];
  const weights = [0.65, 0.75, 0.7];
  return spacings.map((spacing, i) => ({ spacing, weight: weights[i], seed: hash2(i, 99, seed) }));
}
