// From brush strokes to a lit painting: what shows between them, the weave of the canvas, and light on the relief. For the
// buffers see strokes.ts.
import { COVERED } from './paths';

/** The underpainting and the canvas: what all rows have in common. */
@unmanaged
export class OilGround {
  /** Padded working row of texels, see upscale.ts. */
  row: usize;
  /** Of the print columns, see upscale.ts. */
  first: usize;
  weights: usize;
  /** Height of the underpainting. */
  ground: f32;
  /** f32 per column: the weave's profile across; `weaveY` is that of the row, both -1..1. */
  weave: usize;
  /** Of the weave in height units; `thick` is the height at which it vanishes. */
  depth: f32;
  thick: f32;
  width: i32;
  n: i32;
}

/**
 * The underpainting where a buffer row is not covered, and the weave of the canvas where the paint is thin.
 * @param parameters see {@link OilGround}
 */
export function oilGround(parameters: usize, weaveY: f32, paint: usize, heights: usize): void {
  const p = changetype<OilGround>(parameters);
  const row = p.row;
  const first = p.first;
  const weights = p.weights;
  const ground = p.ground;
  const weave = p.weave;
  const depth = p.depth;
  const thick = p.thick;
  const width = p.width;
  const n = p.n;
  const full = i32x4.splat(COVERED);
  const zero = f32x4.splat(0);
  const amount = f32x4.splat(depth);
  const perThick = f32x4.splat(-1 / thick);
  for (let x = 0; x < width; x += 4) {
    const at = paint + (<usize>x << 2);
    if (!i32x4.all_true(i32x4.ge_s(i32x4.shr_u(v128.load(at), 24), full))) {
      for (let k = 0; k < 4 && x + k < n; k++) fillGround(row, first, weights, ground, at + (<usize>k << 2), heights, x + k);
    }
    const hAt = heights + (<usize>x << 1);
    const h = f32x4.convert_i32x4_s(v128.load16x4_u(hAt));
    const thin = f32x4.max(zero, f32x4.add(f32x4.splat(1), f32x4.mul(h, perThick)));
    const bump = f32x4.mul(v128.load(weave + (<usize>x << 2)), f32x4.splat(weaveY));
    const raised = f32x4.add(h, f32x4.mul(f32x4.mul(thin, amount), f32x4.add(f32x4.splat(1), bump)));
    const rounded = i32x4.trunc_sat_f32x4_s(raised);
    v128.store64_lane(hAt, i16x8.narrow_i32x4_u(rounded, rounded), 0);
  }
  // The light looks one column to the left.
  store<u16>(heights - 2, load<u16>(heights));
}

function fillGround(row: usize, first: usize, weights: usize, ground: f32, at: usize, heights: usize, x: i32): void {
  const missing = 255 - <i32>load<u8>(at + 3);
  if (missing <= 0) return;
  const share = <f32>missing / 255;
  const p = row + (<usize>load<i32>(first + (<usize>x << 2)) << 4);
  const w = weights + (<usize>x << 4);
  const color = f32x4.add(
    f32x4.add(f32x4.mul(v128.load32_splat(w), v128.load(p)), f32x4.mul(v128.load32_splat(w + 4), v128.load(p + 16))),
    f32x4.add(
      f32x4.mul(v128.load32_splat(w + 8), v128.load(p + 32)),
      f32x4.mul(v128.load32_splat(w + 12), v128.load(p + 48)),
    ),
  );
  const scale = share * 255;
  store<u8>(at, <u8>min(255, <i32>load<u8>(at) + <i32>(f32x4.extract_lane(color, 0) * scale + 0.5)));
  store<u8>(at + 1, <u8>min(255, <i32>load<u8>(at + 1) + <i32>(f32x4.extract_lane(color, 1) * scale + 0.5)));
  store<u8>(at + 2, <u8>min(255, <i32>load<u8>(at + 2) + <i32>(f32x4.extract_lane(color, 2) * scale + 0.5)));
  const h = heights + (<usize>x << 1);
  store<u16>(h, load<u16>(h) + <u16>(ground * share));
}

/**
 * Light from the upper left on the relief of one buffer row.
 * @param heights of the row; the rows above and below it are `stride` bytes before and after it
 * @param slope of one height unit per pixel
 * @param strength of the shading, 0..1
 * @param gloss 0..1
 * @param out RGB of n pixels
 */
export function oilLight(
  paint: usize,
  heights: usize,
  stride: usize,
  slope: f32,
  strength: f32,
  gloss: f32,
  out: usize,
  n: i32,
): void {
  const half = f32x4.splat(slope * 0.5);
  const one = f32x4.splat(1);
  const zero = f32x4.splat(0);
  const bytes = i32x4.splat(255);
  for (let x = 0; x < n; x += 4) {
    const h = heights + (<usize>x << 1);
    const dx = f32x4.mul(half, f32x4.convert_i32x4_s(i32x4.sub(v128.load16x4_u(h + 2), v128.load16x4_u(h - 2))));
    const dy = f32x4.mul(half, f32x4.convert_i32x4_s(i32x4.sub(v128.load16x4_u(h + stride), v128.load16x4_u(h - stride))));
    const long = f32x4.sqrt(f32x4.add(one, f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy))));
    // Lambert with the light at (-0.5, -0.5, 0.7071), relative to a flat surface.
    const facing = f32x4.div(f32x4.add(one, f32x4.mul(f32x4.splat(0.7071), f32x4.add(dx, dy))), long);
    const shade = f32x4.add(one, f32x4.mul(f32x4.splat(strength), f32x4.sub(f32x4.max(zero, facing), one)));
    const turned = f32x4.max(zero, f32x4.sub(facing, f32x4.splat(1.16)));
    const shine = f32x4.mul(f32x4.splat(gloss * 255), turned);
    const p = v128.load(paint + (<usize>x << 2));
    const r = lit(v128.and(p, bytes), shade, shine);
    const g = lit(v128.and(i32x4.shr_u(p, 8), bytes), shade, shine);
    const b = lit(v128.and(i32x4.shr_u(p, 16), bytes), shade, shine);
    const o = out + <usize>x * 3;
    const packed = v128.or(r, v128.or(i32x4.shl(g, 8), i32x4.shl(b, 16)));
    if (x + 4 <= n) {
      const rgb = v128.shuffle<u8>(packed, packed, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 3, 3, 3);
      v128.store64_lane(o, rgb, 0);
      v128.store32_lane(o + 8, rgb, 2);
    } else {
      pixelOut(o, i32x4.extract_lane(packed, 0));
      if (x + 1 < n) pixelOut(o + 3, i32x4.extract_lane(packed, 1));
      if (x + 2 < n) pixelOut(o + 6, i32x4.extract_lane(packed, 2));
    }
  }
}

// @ts-ignore: decorator
@inline
function lit(value: v128, shade: v128, shine: v128): v128 {
  const v = f32x4.add(f32x4.mul(f32x4.convert_i32x4_s(value), shade), shine);
  return i32x4.min_s(i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.max(f32x4.splat(0), v), f32x4.splat(0.5))), i32x4.splat(255));
}

function pixelOut(at: usize, packed: i32): void {
  store<u8>(at, <u8>packed);
  store<u8>(at + 1, <u8>(packed >> 8));
  store<u8>(at + 2, <u8>(packed >> 16));
}
