import type { DirectionField } from '../fields/direction-field.js';
import { exactTurns } from '../fields/exact-math.js';
import type { Plane } from '../fields/plane.js';
import { Upscaler } from '../fields/upscaler.js';
import type { PrintGeometry } from '../geometry.js';
import type { Painter } from '../pipeline.js';
import { HATCH_SECTORS, type Graphite } from './graphite.js';
import type { PencilSketchSettings } from './settings.js';

/** Working planes a drawing is made from. */
export interface SketchFields {
  /** Hatching wanted, 0..1. */
  readonly demand: Plane;
  /** Pressure of the outlines, 0..1; undefined for none. */
  readonly outlines?: Plane;
  /** Directions of the hatching; undefined for a fixed angle. */
  readonly directions?: DirectionField;
}

const PAPER_WHITE = 253;
const LINE_OPACITY = 0.88;

/** Lays hatching and outlines on the paper, pixel by pixel. */
export class SketchPainter implements Painter {
  private readonly upscaler: Upscaler;
  private readonly demand: Float32Array;
  private readonly outlines: Float32Array;
  private readonly cos2: Float32Array;
  private readonly sin2: Float32Array;

  constructor(
    private readonly fields: SketchFields,
    private readonly graphite: Graphite,
    private readonly settings: PencilSketchSettings,
    geometry: PrintGeometry,
  ) {
    this.upscaler = new Upscaler(geometry);
    [this.demand, this.outlines, this.cos2, this.sin2] = [0, 0, 0, 0].map(() => new Float32Array(geometry.widthPx));
  }

  paint(y0: number, rows: number, out: Uint8Array): void {
    const { demand, outlines } = this;
    for (let row = 0, o = 0; row < rows; row++) {
      const y = y0 + row;
      this.enlarge(y);
      for (let x = 0; x < demand.length; x++, o += 3) {
        const grey = demand[x] > 0.001 || outlines[x] > 0.01 ? this.pixel(x, y) : PAPER_WHITE;
        out[o] = grey;
        out[o + 1] = grey;
        out[o + 2] = grey;
      }
    }
  }

  private enlarge(y: number): void {
    const { demand, outlines, directions } = this.fields;
    this.upscaler.row(demand, y, this.demand);
    if (outlines !== undefined) this.upscaler.row(outlines, y, this.outlines);
    if (directions === undefined) return;
    this.upscaler.row(directions.cos2, y, this.cos2);
    this.upscaler.row(directions.sin2, y, this.sin2);
  }

  private pixel(x: number, y: number): number {
    const paper = this.graphite.paper(x, y);
    let direction = -1;
    if (this.fields.directions !== undefined) {
      const turns = exactTurns(this.sin2[x], this.cos2[x]);
      direction = (turns < 0 ? turns + 1 : turns) * HATCH_SECTORS;
    }
    let light = this.graphite.hatch(x, y, this.demand[x], paper, direction);
    const pressure = this.outlines[x] * this.settings.lineStrength * 1.5;
    if (pressure > 0.01) light *= 1 - LINE_OPACITY * this.graphite.deposit(pressure, paper);
    return (PAPER_WHITE * light + 0.5) | 0;
  }
}
