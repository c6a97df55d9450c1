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

/**
 * Even kernel across the flow.
 * @param kernel `taps` f32 for offsets 0, 1, 2, … pixels to either side
 */
export function filterAcross(
  plane: usize,
  flow: usize,
  out: usize,
  width: i32,
  height: i32,
  kernel: usize,
  taps: i32,
  from: i32,
  to: i32,
): void {
  for (let y = from; y < to; y++) {
    for (let x = 0; x < width; x++) {
      const i = <usize>(y * width + x);
      const nx = -load<f32>(flow + (i << 4) + 4);
      const ny = load<f32>(flow + (i << 4));
      let sum = load<f32>(kernel) * load<f32>(plane + (i << 2));
      for (let k = 1; k < taps; k++) {
        const dx = <f32>k * nx;
        const dy = <f32>k * ny;
        sum +=
          load<f32>(kernel + (<usize>k << 2)) *
          (sampleAt(plane, width, height, <f32>x + dx, <f32>y + dy) + sampleAt(plane, width, height, <f32>x - dx, <f32>y - dy));
      }
      store<f32>(out + (i << 2), sum);
    }
  }
}

/**
 * Weighted mean along the streamline through each pixel (line integral convolution, Cabral and Leedom 1993).
 * @param kernel `taps` f32 for 0, 1, 2, … steps to either side; normalised here
 * @param step pixels between samples
 */
export function filterAlong(
  plane: usize,
  flow: usize,
  out: usize,
  width: i32,
  height: i32,
  kernel: usize,
  taps: i32,
  step: f32,
  from: i32,
  to: i32,
): void {
  const maxX = <f32>(width - 1);
  const maxY = <f32>(height - 1);
  for (let y = from; y < to; y++) {
    for (let x = 0; x < width; x++) {
      const i = <usize>(y * width + x);
      let weights = load<f32>(kernel);
      let sum = weights * load<f32>(plane + (i << 2));
      for (let side = 0; side < 2; side++) {
        const sign: f32 = side == 0 ? 1 : -1;
        let px = <f32>x;
        let py = <f32>y;
        let dx = sign * load<f32>(flow + (i << 4));
        let dy = sign * load<f32>(flow + (i << 4) + 4);
        for (let k = 1; k < taps; k++) {
          px += step * dx;
          py += step * dy;
          if (px < 0 || py < 0 || px > maxX || py > maxY) break;
          const w = load<f32>(kernel + (<usize>k << 2));
          sum += w * sampleAt(plane, width, height, px, py);
          weights += w;
          const at = flow + (<usize>(<i32>(py + 0.5) * width + <i32>(px + 0.5)) << 4);
          const tx = load<f32>(at);
          const ty = load<f32>(at + 4);
          const forward: f32 = tx * dx + ty * dy < 0 ? -1 : 1;
          dx = forward * tx;
          dy = forward * ty;
        }
      }
      store<f32>(out + (i << 2), sum / weights);
    }
  }
}
