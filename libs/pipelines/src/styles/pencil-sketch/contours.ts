import { hashUnit } from '../../fields/hash-noise.js';

/** A stroke of the pencil in working pixels: points along it and the pressure at each, 0..1. */
export interface Stroke {
  readonly xs: Float32Array;
  readonly ys: Float32Array;
  readonly pressures: Float32Array;
}

export interface ContourOptions {
  /** Longest stroke in working pixels; strokes vary from half of it up. */
  readonly length: number;
  /** 0 true to the edges .. 1 straying, overshooting and often drawn twice. */
  readonly looseness: number;
  readonly seed: number;
}

const STEP = 1.5;
const MOST_POINTS = 512;

/** Least share of a strong response at which a stroke starts. */
const LEAST_RESPONSE = 0.14;

/** Least pressure at which it goes on. */
const KEEP = 0.15;

/** Responses below this are noise of the photo, even if it has nothing stronger. */
const LEAST_SCALE = 0.018;

/** Cosine of the turn after which a stroke ends and the next begins. */
const MOST_TURN = 0.45;

/** Points that a stroke may run along another before it stops. */
const MOST_SHARED = 4;

/**
 * Traces the ridges of an edge response into strokes, the strongest first, each following the flow until the edge fades,
 * turns or has been drawn.
 */
export class ContourTracer {
  readonly strokes: Stroke[] = [];
  private readonly drawn: Uint8Array;
  private readonly gain: number;
  private readonly xs = new Float32Array(2 * MOST_POINTS);
  private readonly ys = new Float32Array(2 * MOST_POINTS);
  private readonly ps = new Float32Array(2 * MOST_POINTS);

  /**
   * @param response dark lines positive, see contourResponse
   * @param flow texels of unit tangent x, y and two more
   */
  constructor(
    private readonly response: Float32Array,
    private readonly flow: Float32Array,
    private readonly width: number,
    private readonly height: number,
    private readonly options: ContourOptions,
  ) {
    this.drawn = new Uint8Array(width * height);
    this.gain = 1 / Math.max(LEAST_SCALE, percentile(response, 0.985));
  }

  trace(): Stroke[] {
    for (const seed of this.ridgesByStrength()) {
      if (this.drawn[seed] === 0) this.strokeFrom(seed);
    }
    return this.strokes;
  }

  /** Pixels on ridges that are strong enough to start at, strongest first, in reading order among equals. */
  private ridgesByStrength(): Int32Array {
    const { response, flow, width, height, gain } = this;
    const buckets: number[][] = Array.from({ length: 32 }, () => []);
    for (let y = 2; y < height - 2; y++) {
      for (let x = 2; x < width - 2; x++) {
        const i = y * width + x;
        const value = response[i];
        if (value * gain < LEAST_RESPONSE) continue;
        const nx = Math.round(-1.2 * flow[4 * i + 1]);
        const ny = Math.round(1.2 * flow[4 * i]);
        const step = ny * width + nx;
        if (value < response[i + step] || value < response[i - step]) continue;
        buckets[31 - Math.min(31, Math.floor(value * gain * 16))].push(i);
      }
    }
    return Int32Array.from(buckets.flat());
  }

  private strokeFrom(seed: number): void {
    const { width, options } = this;
    const [x, y] = [seed % width, Math.floor(seed / width)];
    const vary = 0.5 + 0.7 * hashUnit(x, y, options.seed + 11);
    const most = Math.min(MOST_POINTS - 2, Math.ceil((options.length * vary) / (2 * STEP)));
    const back = this.walk(x, y, -1, most, MOST_POINTS);
    const ahead = this.walk(x, y, 1, most, MOST_POINTS);
    const from = MOST_POINTS - back;
    const to = MOST_POINTS + ahead + 1;
    this.ps[MOST_POINTS] = this.pressureAt(x, y);
    this.xs[MOST_POINTS] = x;
    this.ys[MOST_POINTS] = y;
    this.mark(from, to);
    if (to - from < 4) return;
    this.keep(from, to, 0, x, y);
    const twice = hashUnit(x, y, options.seed + 12) < 0.55 * options.looseness;
    if (twice && this.ps[MOST_POINTS] > 0.4 && to - from > 8) this.keep(from, to, 1, x, y);
  }

  /** Follows the ridge to one side. @returns points written beyond `origin` */
  private walk(x0: number, y0: number, side: number, most: number, origin: number): number {
    const { flow, width, height, drawn } = this;
    let [x, y] = [x0, y0];
    const seed = 4 * (y0 * width + x0);
    let [dx, dy] = [side * flow[seed], side * flow[seed + 1]];
    const [startX, startY] = [dx, dy];
    let shared = 0;
    for (let k = 1; k <= most; k++) {
      x += STEP * dx;
      y += STEP * dy;
      if (x < 2 || y < 2 || x > width - 3 || y > height - 3) return k - 1;
      // Back onto the ridge, which the flow leaves in narrow bends.
      const uphill = this.sample(x - dy, y + dx) - this.sample(x + dy, y - dx);
      const nudge = Math.max(-0.5, Math.min(0.5, uphill * this.gain * 1.5));
      x -= nudge * dy;
      y += nudge * dx;
      const pressure = this.pressureAt(x, y);
      if (pressure < KEEP) return k - 1;
      const i = Math.round(y) * width + Math.round(x);
      shared = drawn[i] !== 0 ? shared + 1 : 0;
      if (shared > MOST_SHARED) return k - 1;
      this.xs[origin + side * k] = x;
      this.ys[origin + side * k] = y;
      this.ps[origin + side * k] = pressure;
      const [tx, ty] = [flow[4 * i], flow[4 * i + 1]];
      const sign = tx * dx + ty * dy < 0 ? -1 : 1;
      dx = sign * tx;
      dy = sign * ty;
      if (dx * startX + dy * startY < MOST_TURN) return k;
    }
    return most;
  }

  private mark(from: number, to: number): void {
    const { width, drawn } = this;
    for (let k = from; k < to; k++) {
      const i = Math.round(this.ys[k]) * width + Math.round(this.xs[k]);
      for (const o of [-width, 0, width]) drawn.fill(1, i + o - 1, i + o + 2);
    }
  }

  /** Adds the points as a stroke of a hand: a little aside, bowed, and running on past its ends. */
  private keep(from: number, to: number, copy: number, x: number, y: number): void {
    const { looseness, seed } = this.options;
    const random = (n: number): number => hashUnit(x, y, seed + 20 + 8 * copy + n) - 0.5;
    const count = to - from;
    const over = Math.round(looseness * (0.3 + 0.9 * (random(0) + 0.5)) * Math.min(12, count * 0.4));
    const total = count + 2 * over;
    const stroke = { xs: new Float32Array(total), ys: new Float32Array(total), pressures: new Float32Array(total) };
    const aside = looseness * (copy === 0 ? random(1) : 2.2 * random(1) + (random(2) > 0 ? 0.9 : -0.9));
    const bow = looseness * (copy === 0 ? 1.2 : 3) * random(3);
    const weight = copy === 0 ? 1 : 0.65;
    for (let n = 0; n < total; n++) {
      const k = Math.min(to - 1, Math.max(from, from + n - over));
      const beyond = from + n - over - k;
      const [tx, ty] = this.directionAt(k, from, to);
      const u = (2 * n) / (total - 1) - 1;
      const shift = aside + bow * (u * u - 0.4);
      stroke.xs[n] = this.xs[k] + beyond * STEP * tx - shift * ty;
      stroke.ys[n] = this.ys[k] + beyond * STEP * ty + shift * tx;
      const ends = Math.min(1, (n + 0.6) / 4, (total - n - 0.4) / 7);
      stroke.pressures[n] = weight * this.ps[k] * ends;
    }
    this.strokes.push(stroke);
  }

  /** Unit direction of the traced points around one of them. */
  private directionAt(k: number, from: number, to: number): [number, number] {
    const [a, b] = [Math.max(from, k - 2), Math.min(to - 1, k + 2)];
    const [dx, dy] = [this.xs[b] - this.xs[a], this.ys[b] - this.ys[a]];
    const length = Math.sqrt(dx * dx + dy * dy);
    return length > 0 ? [dx / length, dy / length] : [1, 0];
  }

  private pressureAt(x: number, y: number): number {
    // Between proportion and even lines, which a hand draws.
    const share = Math.min(1, Math.max(0, this.sample(x, y) * this.gain));
    return 0.5 * (share + Math.sqrt(share));
  }

  /** Bilinear; at least one pixel from the border. */
  private sample(x: number, y: number): number {
    const { response, width } = this;
    const [ix, iy] = [Math.floor(x), Math.floor(y)];
    const [fx, fy] = [x - ix, y - iy];
    const i = iy * width + ix;
    const top = response[i] + (response[i + 1] - response[i]) * fx;
    const bottom = response[i + width] + (response[i + width + 1] - response[i + width]) * fx;
    return top + (bottom - top) * fy;
  }
}

/** Value below which a share of the positive responses lies, from every fifth. */
function percentile(values: Float32Array, share: number): number {
  const counts = new Float64Array(1024);
  let total = 0;
  for (let i = 0; i < values.length; i += 5) {
    counts[Math.min(1023, Math.max(0, Math.floor(values[i] * 4096)))]++;
    total++;
  }
  let sum = 0;
  for (let bin = 0; bin < 1024; bin++) if ((sum += counts[bin]) >= share * total) return (bin + 0.5) / 4096;
  return 0.25;
}
