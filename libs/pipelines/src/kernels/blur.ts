// Separable filters. `lanes` is 1 for planes and 4 for texels. Border pixels are repeated outwards.

/**
 * Weighted sum along rows.
 * @param kernel 2 * radius + 1 f32
 */
export function filterRows(
  source: usize,
  out: usize,
  width: i32,
  lanes: i32,
  kernel: usize,
  radius: i32,
  from: i32,
  to: i32,
): void {
  const floats = width * lanes;
  const inner = radius * lanes;
  const innerEnd = floats - inner;
  const taps = 2 * radius + 1;
  for (let y = from; y < to; y++) {
    const row = source + <usize>y * <usize>floats * 4;
    const to_ = out + <usize>y * <usize>floats * 4;
    let i = 0;
    while (i < floats) {
      if (i >= inner && i + 16 <= innerEnd) {
        // Four vectors at a time share the weight and hide the latency of the sums.
        let a = f32x4.splat(0);
        let b = f32x4.splat(0);
        let c = f32x4.splat(0);
        let d = f32x4.splat(0);
        let p = row + <usize>(i - inner) * 4;
        for (let k = 0; k < taps; k++) {
          const w = v128.load32_splat(kernel + (<usize>k << 2));
          a = f32x4.add(a, f32x4.mul(w, v128.load(p)));
          b = f32x4.add(b, f32x4.mul(w, v128.load(p, 16)));
          c = f32x4.add(c, f32x4.mul(w, v128.load(p, 32)));
          d = f32x4.add(d, f32x4.mul(w, v128.load(p, 48)));
          p += <usize>lanes << 2;
        }
        const o = to_ + (<usize>i << 2);
        v128.store(o, a);
        v128.store(o, b, 16);
        v128.store(o, c, 32);
        v128.store(o, d, 48);
        i += 16;
      } else if (i >= inner && i + 4 <= innerEnd) {
        let sum = f32x4.splat(0);
        let p = row + <usize>(i - inner) * 4;
        for (let k = 0; k < taps; k++) {
          sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(kernel + ((<usize>k) << 2)), v128.load(p)));
          p += (<usize>lanes) << 2;
        }
        v128.store(to_ + ((<usize>i) << 2), sum);
        i += 4;
      } else {
        const x = i / lanes;
        const lane = i - x * lanes;
        let sum: f32 = 0;
        for (let k = -radius; k <= radius; k++) {
          const c = min(max(x + k, 0), width - 1);
          sum += load<f32>(kernel + ((<usize>(k + radius)) << 2)) * load<f32>(row + ((<usize>(c * lanes + lane)) << 2));
        }
        store<f32>(to_ + ((<usize>i) << 2), sum);
        i++;
      }
    }
  }
}

/** Weighted sum down columns; `floats` values per row, any number. */
export function filterColumns(
  source: usize,
  out: usize,
  floats: i32,
  height: i32,
  kernel: usize,
  radius: i32,
  from: i32,
  to: i32,
): void {
  const rowBytes = (<usize>floats) << 2;
  for (let y = from; y < to; y++) {
    const to_ = out + <usize>y * rowBytes;
    let i = 0;
    for (; i + 16 <= floats; i += 16) {
      let a = f32x4.splat(0);
      let b = f32x4.splat(0);
      let c = f32x4.splat(0);
      let d = f32x4.splat(0);
      for (let k = -radius; k <= radius; k++) {
        const p = source + <usize>min(max(y + k, 0), height - 1) * rowBytes + (<usize>i << 2);
        const w = v128.load32_splat(kernel + (<usize>(k + radius) << 2));
        a = f32x4.add(a, f32x4.mul(w, v128.load(p)));
        b = f32x4.add(b, f32x4.mul(w, v128.load(p, 16)));
        c = f32x4.add(c, f32x4.mul(w, v128.load(p, 32)));
        d = f32x4.add(d, f32x4.mul(w, v128.load(p, 48)));
      }
      const o = to_ + (<usize>i << 2);
      v128.store(o, a);
      v128.store(o, b, 16);
      v128.store(o, c, 32);
      v128.store(o, d, 48);
    }
    for (; i + 4 <= floats; i += 4) {
      let sum = f32x4.splat(0);
      for (let k = -radius; k <= radius; k++) {
        const row = <usize>min(max(y + k, 0), height - 1);
        sum = f32x4.add(
          sum,
          f32x4.mul(
            v128.load32_splat(kernel + ((<usize>(k + radius)) << 2)),
            v128.load(source + row * rowBytes + ((<usize>i) << 2)),
          ),
        );
      }
      v128.store(to_ + ((<usize>i) << 2), sum);
    }
    for (; i < floats; i++) {
      let sum: f32 = 0;
      for (let k = -radius; k <= radius; k++) {
        const row = <usize>min(max(y + k, 0), height - 1);
        sum +=
          load<f32>(kernel + ((<usize>(k + radius)) << 2)) * load<f32>(source + row * rowBytes + ((<usize>i) << 2));
      }
      store<f32>(to_ + ((<usize>i) << 2), sum);
    }
  }
}

/** Mean of 2 * radius + 1 pixels along rows, in time that does not depend on the radius. */
export function boxRows(source: usize, out: usize, width: i32, lanes: i32, radius: i32, from: i32, to: i32): void {
  const floats = <usize>(width * lanes);
  const scale: f64 = 1.0 / <f64>(2 * radius + 1);
  for (let y = from; y < to; y++) {
    for (let lane = 0; lane < lanes; lane++) {
      const row = source + (<usize>y * floats + <usize>lane) * 4;
      const to_ = out + (<usize>y * floats + <usize>lane) * 4;
      const step = (<usize>lanes) << 2;
      let sum: f64 = 0;
      for (let k = -radius; k < radius; k++) sum += <f64>load<f32>(row + <usize>min(max(k, 0), width - 1) * step);
      for (let x = 0; x < width; x++) {
        sum += <f64>load<f32>(row + <usize>min(x + radius, width - 1) * step);
        store<f32>(to_ + <usize>x * step, <f32>(sum * scale));
        sum -= <f64>load<f32>(row + <usize>max(x - radius, 0) * step);
      }
    }
  }
}

/** Mean of 2 * radius + 1 pixels down the columns `from`..`to` of `floats` a row. @param sums scratch, one f64 per column of the row */
export function boxColumns(
  source: usize,
  out: usize,
  floats: i32,
  height: i32,
  radius: i32,
  sums: usize,
  from: i32,
  to: i32,
): void {
  const rowBytes = (<usize>floats) << 2;
  const scale: f64 = 1.0 / <f64>(2 * radius + 1);
  for (let x = from; x < to; x++) store<f64>(sums + ((<usize>x) << 3), 0);
  for (let k = -radius; k < radius; k++) {
    const row = source + <usize>min(max(k, 0), height - 1) * rowBytes;
    for (let x = from; x < to; x++) {
      const s = sums + ((<usize>x) << 3);
      store<f64>(s, load<f64>(s) + <f64>load<f32>(row + ((<usize>x) << 2)));
    }
  }
  for (let y = 0; y < height; y++) {
    const ahead = source + <usize>min(y + radius, height - 1) * rowBytes;
    const behind = source + <usize>max(y - radius, 0) * rowBytes;
    const to_ = out + <usize>y * rowBytes;
    for (let x = from; x < to; x++) {
      const s = sums + ((<usize>x) << 3);
      const sum = load<f64>(s) + <f64>load<f32>(ahead + ((<usize>x) << 2));
      store<f32>(to_ + ((<usize>x) << 2), <f32>(sum * scale));
      store<f64>(s, sum - <f64>load<f32>(behind + ((<usize>x) << 2)));
    }
  }
}
