// Structure tensor, tangent field and filters across and along it. A tensor texel is (xx, xy, yy, 0); a flow texel is
// (tangent x, tangent y, anisotropy 0..1, gradient length).

/** Products of Sobel gradients summed over red, green and blue; borders repeated. */
export function tensorTexels(texels: usize, out: usize, width: i32, height: i32, from: i32, to: i32): void {
  const rowBytes = <usize>width * 16;
  const two = f32x4.splat(2);
  const eighth = f32x4.splat(0.125);
  for (let y = from; y < to; y++) {
    const up = texels + <usize>max(0, y - 1) * rowBytes;
    const mid = texels + <usize>y * rowBytes;
    const down = texels + <usize>min(height - 1, y + 1) * rowBytes;
    for (let x = 0; x < width; x++) {
      const l = <usize>max(0, x - 1) << 4;
      const c = <usize>x << 4;
      const r = <usize>min(width - 1, x + 1) << 4;
      const ul = v128.load(up + l);
      const ur = v128.load(up + r);
      const dl = v128.load(down + l);
      const dr = v128.load(down + r);
      const gx = f32x4.mul(
        eighth,
        f32x4.add(
          f32x4.sub(f32x4.add(ur, dr), f32x4.add(ul, dl)),
          f32x4.mul(two, f32x4.sub(v128.load(mid + r), v128.load(mid + l))),
        ),
      );
      const gy = f32x4.mul(
        eighth,
        f32x4.add(
          f32x4.sub(f32x4.add(dl, dr), f32x4.add(ul, ur)),
          f32x4.mul(two, f32x4.sub(v128.load(down + c), v128.load(up + c))),
        ),
      );
      const o = out + <usize>y * rowBytes + c;
      store<f32>(o, sum3(f32x4.mul(gx, gx)));
      store<f32>(o + 4, sum3(f32x4.mul(gx, gy)));
      store<f32>(o + 8, sum3(f32x4.mul(gy, gy)));
      store<f32>(o + 12, 0);
    }
  }
}

// @ts-ignore: decorator
@inline
function sum3(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + f32x4.extract_lane(v, 2);
}

/** Eigenvector of the smaller eigenvalue of each tensor; of its two forms the one that loses fewer digits. */
export function flowOfTensor(tensor: usize, flow: usize, width: i32, from: i32, to: i32): void {
  const n = <usize>width * <usize>(to - from);
  let i = <usize>width * <usize>from * 16;
  for (let x: usize = 0; x < n; x++, i += 16) {
    const e = load<f32>(tensor + i);
    const f = load<f32>(tensor + i + 4);
    const g = load<f32>(tensor + i + 8);
    const d = sqrt<f32>((e - g) * (e - g) + 4 * f * f);
    const major = (e + g + d) / 2;
    let tx = e > g ? -f : major - e;
    let ty = e > g ? major - g : -f;
    const length = sqrt<f32>(tx * tx + ty * ty);
    if (length > 1e-12) {
      tx /= length;
      ty /= length;
    } else {
      tx = 1;
      ty = 0;
    }
    store<f32>(flow + i, tx);
    store<f32>(flow + i + 4, ty);
    store<f32>(flow + i + 8, e + g > 1e-12 ? d / (e + g) : 0);
    store<f32>(flow + i + 12, sqrt<f32>(max<f32>(0, major)));
  }
}

/** Bilinear sample of a plane; coordinates outside are moved to the border. */
// @ts-ignore: decorator
@inline
export function sampleAt(plane: usize, width: i32, height: i32, x: f32, y: f32): f32 {
  const cx = min<f32>(max<f32>(x, 0), <f32>(width - 1));
  const cy = min<f32>(max<f32>(y, 0), <f32>(height - 1));
  const ix = min(<i32>cx, width - 2 < 0 ? 0 : width - 2);
  const iy = min(<i32>cy, height - 2 < 0 ? 0 : height - 2);
  const fx = cx - <f32>ix;
  const fy = cy - <f32>iy;
  const i = plane + (<usize>(iy * width + ix) << 2);
  const right: usize = width > 1 ? 4 : 0;
  const below: usize = height > 1 ? <usize>width << 2 : 0;
  const a = load<f32>(i);
  const c = load<f32>(i + below);
  const top = a + (load<f32>(i + right) - a) * fx;
  const bottom = c + (load<f32>(i + below + right) - c) * fx;
  return top + (bottom - top) * fy;
}

/** Bilinear sample at 16.16 fixed-point coordinates that lie at least one pixel inside the right and lower border. */
// @ts-ignore: decorator
@inline
function sampleInside(plane: usize, width: i32, x: i32, y: i32): f32 {
  const i = plane + (<usize>((y >> 16) * width + (x >> 16)) << 2);
  const fx = <f32>(x & 0xffff) * <f32>(1.0 / 65536.0);
  const fy = <f32>(y & 0xffff) * <f32>(1.0 / 65536.0);
  const below = i + (<usize>width << 2);
  const a = load<f32>(i);
  const c = load<f32>(below);
  const top = a + (load<f32>(i + 4) - a) * fx;
  const bottom = c + (load<f32>(below + 4) - c) * fx;
  return top + (bottom - top) * fy;
}

/** A filter across the flow. */
@unmanaged
export class FlowAcross {
  plane: usize;
  flow: usize;
  out: usize;
  width: i32;
  height: i32;
  /** `taps` f32 for offsets 0, 1, 2, … pixels to either side. */
  kernel: usize;
  taps: i32;
  /** Gradient length below which there is nothing to be found: the answer is 0. */
  even: f32;
}

/**
 * Even kernel across the flow.
 * @param parameters see {@link FlowAcross}
 */
export function filterAcross(parameters: usize, from: i32, to: i32): void {
  const p = changetype<FlowAcross>(parameters);
  const plane = p.plane;
  const flow = p.flow;
  const out = p.out;
  const width = p.width;
  const height = p.height;
  const kernel = p.kernel;
  const taps = p.taps;
  const even = p.even;
  for (let y = from; y < to; y++) {
    for (let x = 0; x < width; x++) {
      const i = <usize>(y * width + x);
      if (load<f32>(flow + (i << 4) + 12) < even) {
        store<f32>(out + (i << 2), 0);
        continue;
      }
      const nx = -load<f32>(flow + (i << 4) + 4);
      const ny = load<f32>(flow + (i << 4));
      let sum = load<f32>(kernel) * load<f32>(plane + (i << 2));
      if (x >= taps && y >= taps && x < width - taps - 1 && y < height - taps - 1) {
        const stepX = <i32>(nx * 65536);
        const stepY = <i32>(ny * 65536);
        let dx = 0;
        let dy = 0;
        for (let k = 1; k < taps; k++) {
          dx += stepX;
          dy += stepY;
          sum +=
            load<f32>(kernel + (<usize>k << 2)) *
            (sampleInside(plane, width, (x << 16) + dx, (y << 16) + dy) +
              sampleInside(plane, width, (x << 16) - dx, (y << 16) - dy));
        }
      } else {
        for (let k = 1; k < taps; k++) {
          const dx = <f32>k * nx;
          const dy = <f32>k * ny;
          sum +=
            load<f32>(kernel + (<usize>k << 2)) *
            (sampleAt(plane, width, height, <f32>x + dx, <f32>y + dy) +
              sampleAt(plane, width, height, <f32>x - dx, <f32>y - dy));
        }
      }
      store<f32>(out + (i << 2), sum);
    }
  }
}

/**
 * Tangents of a flow field as pairs of i16, 1 is 32767, for {@link filterAlong}.
 */
export function packTangents(flow: usize, packed: usize, width: i32, from: i32, to: i32): void {
  for (let i = <usize>(from * width); i < <usize>(to * width); i++) {
    store<i16>(packed + (i << 2), <i16>(<i32>(load<f32>(flow + (i << 4)) * 32767)));
    store<i16>(packed + (i << 2) + 2, <i16>(<i32>(load<f32>(flow + (i << 4) + 4) * 32767)));
  }
}

/** A mean along the flow. */
@unmanaged
export class FlowAlong {
  plane: usize;
  /** See {@link packTangents}. */
  tangents: usize;
  out: usize;
  width: i32;
  height: i32;
  /** `taps` f32 for 0, 1, 2, … steps to either side; normalized here. */
  kernel: usize;
  taps: i32;
  /** Pixels between samples. */
  step: f32;
  /** Magnitude below which a pixel is given 0 instead. */
  least: f32;
}

/**
 * Weighted mean along the streamline through each pixel (line integral convolution, Cabral and Leedom 1993).
 * @param parameters see {@link FlowAlong}
 */
export function filterAlong(parameters: usize, from: i32, to: i32): void {
  const p = changetype<FlowAlong>(parameters);
  const plane = p.plane;
  const tangents = p.tangents;
  const out = p.out;
  const width = p.width;
  const height = p.height;
  const kernel = p.kernel;
  const taps = p.taps;
  const step = p.step;
  const least = p.least;
  const maxX = (width - 1) << 16;
  const maxY = (height - 1) << 16;
  // Pixels per tangent unit in 16.16: tangent * stride >> 7 is the way of one step.
  const stride = <i32>(step * 256);
  for (let y = from; y < to; y++) {
    for (let x = 0; x < width; x++) {
      const i = <usize>(y * width + x);
      const own = load<f32>(plane + (i << 2));
      if (abs<f32>(own) < least) {
        store<f32>(out + (i << 2), 0);
        continue;
      }
      let weights = load<f32>(kernel);
      let sum = weights * own;
      for (let side = 0; side < 2; side++) {
        let px = x << 16;
        let py = y << 16;
        let tx = <i32>load<i16>(tangents + (i << 2));
        let ty = <i32>load<i16>(tangents + (i << 2) + 2);
        if (side) {
          tx = -tx;
          ty = -ty;
        }
        for (let k = 1; k < taps; k++) {
          px += (tx * stride) >> 7;
          py += (ty * stride) >> 7;
          if (px < 0 || py < 0 || px >= maxX || py >= maxY) break;
          const w = load<f32>(kernel + (<usize>k << 2));
          sum += w * sampleInside(plane, width, px, py);
          weights += w;
          const at = tangents + (<usize>(((py + 32768) >> 16) * width + ((px + 32768) >> 16)) << 2);
          const nextX = <i32>load<i16>(at);
          const nextY = <i32>load<i16>(at + 2);
          const flip = (nextX * tx + nextY * ty) >> 31;
          tx = (nextX ^ flip) - flip;
          ty = (nextY ^ flip) - flip;
        }
      }
      store<f32>(out + (i << 2), sum / weights);
    }
  }
}
