import { cosineOfTurns, exactSinCos } from '../fields/exact-math.js';
import type { Plane } from '../fields/plane.js';
import { coverage, Upscaler } from '../fields/upscaler.js';
import type { PrintGeometry } from '../geometry.js';
import type { Painter } from '../pipeline.js';
import type { BetweenTheLinesSettings } from './settings.js';

/** Working planes a print is drawn from. */
export interface LineFields {
  /** Share of the pitch to be inked, 0..1. */
  readonly share: Plane;
  /** Contour response, not thresholded; undefined for none. */
  readonly contour?: Plane;
  /** Cosine of the line phase; undefined for straight lines, whose phase is computed at print size. */
  readonly carrier?: Plane;
}

/** Shares outside of this become bare paper and solid ink: hairlines and pinholes do not print. */
const LEAST_SHARE = 0.09;
const MOST_SHARE = 0.9;

/** Beyond these no line may show, however the wave overshoots. */
const BARE_SHARE = 0.04;
const SOLID_SHARE = 0.95;

/** Carrier value that bounds a line of the given share, for shares 0..1 in 1/1024. */
const BOUNDS = Float32Array.from({ length: 1025 }, (_, i) => boundOf(i / 1024));

function boundOf(share: number): number {
  if (share >= MOST_SHARE) return -1.5 - 8 * (share - MOST_SHARE);
  // Lines taper to a point: the bound leaves the wave's range instead of jumping.
  return share < LEAST_SHARE ? 1 + 8 * (LEAST_SHARE - share) : cosineOfTurns(share / 2);
}

/** Draws ink where the wave exceeds the bound that the tone sets, and on the contours. */
export class LinePainter implements Painter {
  private readonly upscaler: Upscaler;
  private readonly share: Float32Array;
  private readonly wave: Float32Array;
  private readonly slope: Float32Array;
  private readonly ink: Float32Array;
  private readonly phaseX: number;
  private readonly phaseY: number;
  private readonly carrierGain: number;
  private readonly threshold: number;
  private readonly paperColor: readonly number[];
  private readonly inkColor: readonly number[];

  constructor(
    private readonly fields: LineFields,
    settings: BetweenTheLinesSettings,
    private readonly geometry: PrintGeometry,
  ) {
    this.upscaler = new Upscaler(geometry);
    [this.share, this.wave, this.slope, this.ink] = [0, 0, 0, 0].map(() => new Float32Array(geometry.widthPx));
    const { sin, cos } = exactSinCos(settings.angleDeg);
    const pitch = settings.pitchMm * geometry.pxPerMm;
    this.phaseX = -sin / pitch;
    this.phaseY = cos / pitch;
    this.carrierGain = 1 / splineDamping(settings.pitchMm * geometry.workingPerMm);
    this.threshold = 0.06 - 0.05 * settings.contour;
    this.paperColor = rgb(settings.paperColor);
    this.inkColor = rgb(settings.inkColor);
  }

  paint(y0: number, rows: number, out: Uint8Array): void {
    const { ink, paperColor, inkColor } = this;
    for (let row = 0, o = 0; row < rows; row++) {
      this.drawShading(y0 + row);
      if (this.fields.contour !== undefined) this.drawContours(this.fields.contour, y0 + row);
      for (let x = 0; x < ink.length; x++, o += 3) {
        const amount = ink[x];
        for (let c = 0; c < 3; c++) out[o + c] = (paperColor[c] + (inkColor[c] - paperColor[c]) * amount + 0.5) | 0;
      }
    }
  }

  private drawShading(y: number): void {
    const { share, wave, slope, ink, fields, upscaler } = this;
    upscaler.row(fields.share, y, share);
    if (fields.carrier !== undefined) upscaler.rowWithSlope(fields.carrier, y, wave, slope);
    else this.straightWave(y);
    const gain = fields.carrier === undefined ? 1 : this.carrierGain;
    const leastSlope = 0.6 * this.geometry.workingPerPxX * 0.5;
    for (let x = 0; x < ink.length; x++) {
      const s = share[x];
      if (s < BARE_SHARE) ink[x] = 0;
      else if (s > SOLID_SHARE) ink[x] = 1;
      else ink[x] = coverage(gain * wave[x] - BOUNDS[(s * 1024 + 0.5) | 0], gain * slope[x], leastSlope);
    }
  }

  /** The wave of straight lines, exact at print size. */
  private straightWave(y: number): void {
    const { wave, slope, phaseX, phaseY } = this;
    const turn = 6.283185307179586 * Math.sqrt(phaseX * phaseX + phaseY * phaseY);
    for (let x = 0; x < wave.length; x++) {
      const c = cosineOfTurns((x + 0.5) * phaseX + (y + 0.5) * phaseY);
      wave[x] = c;
      slope[x] = turn * Math.sqrt(Math.max(0, 1 - c * c));
    }
  }

  private drawContours(contour: Plane, y: number): void {
    const { wave, slope, ink, threshold } = this;
    this.upscaler.rowWithSlope(contour, y, wave, slope);
    const leastSlope = threshold * 0.25 * this.geometry.workingPerPxX;
    for (let x = 0; x < ink.length; x++) {
      const amount = coverage(wave[x] - threshold, slope[x], leastSlope);
      if (amount > ink[x]) ink[x] = amount;
    }
  }
}

/** What a cubic B-spline leaves of a wave of the given length in samples: the fourth power of sinc. */
function splineDamping(length: number): number {
  const x = 3.141592653589793 / Math.max(4, length);
  const x2 = x * x;
  const sinc = 1 - (x2 / 6) * (1 - (x2 / 20) * (1 - x2 / 42));
  return sinc * sinc * sinc * sinc;
}

function rgb(hex: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}
