import { exactSinCos } from './exact-math.js';
import { gaussianBlur } from './gaussian.js';
import { newPlane, type Plane } from './plane.js';
import type { FlowField } from './structure-tensor.js';

/** Line directions as doubled-angle vectors, which can be averaged: (1, 0) is horizontal, (-1, 0) vertical. */
export interface DirectionField {
  readonly cos2: Plane;
  readonly sin2: Plane;
}

export interface DirectionOptions {
  /** Direction where the photo shows none, degrees from the x axis, y pointing down. */
  readonly angleDeg: number;
  /** 0 ignores the photo, 1 follows it wherever it has a direction. */
  readonly follow: number;
  /** Smoothing of the result in pixels. */
  readonly sigma: number;
  /** Gradient strength at which a direction is fully believed, in units of the flow's channels per pixel. */
  readonly fullStrength: number;
}

/** Directions that follow the form where there is one and a fixed angle elsewhere. */
export function directionField(
  flow: FlowField,
  { angleDeg, follow, sigma, fullStrength }: DirectionOptions,
): DirectionField {
  const base = exactSinCos(2 * angleDeg);
  const cos2 = newPlane(flow.width, flow.height);
  const sin2 = newPlane(flow.width, flow.height);
  for (let i = 0; i < cos2.data.length; i++) {
    const trust = follow * flow.anisotropy[i] * Math.min(1, flow.strength[i] / fullStrength);
    const tx = flow.tx[i];
    const ty = flow.ty[i];
    cos2.data[i] = trust * (tx * tx - ty * ty) + (1 - trust) * 0.35 * base.cos;
    sin2.data[i] = trust * 2 * tx * ty + (1 - trust) * 0.35 * base.sin;
  }
  return { cos2: gaussianBlur(cos2, sigma), sin2: gaussianBlur(sin2, sigma) };
}

/** Unit tangents of a direction field, as a flow to integrate along. */
export function tangents({ cos2, sin2 }: DirectionField): FlowField {
  const n = cos2.data.length;
  const flow = {
    width: cos2.width,
    height: cos2.height,
    tx: new Float32Array(n),
    ty: new Float32Array(n),
    anisotropy: new Float32Array(n).fill(1),
    strength: new Float32Array(n).fill(1),
  };
  for (let i = 0; i < n; i++) {
    const length = Math.sqrt(cos2.data[i] * cos2.data[i] + sin2.data[i] * sin2.data[i]);
    // Half-angle formulas.
    const c = length > 0 ? cos2.data[i] / length : 1;
    flow.tx[i] = Math.sqrt(Math.max(0, (1 + c) / 2));
    flow.ty[i] = Math.sqrt(Math.max(0, (1 - c) / 2)) * (sin2.data[i] < 0 ? -1 : 1);
  }
  return flow;
}
