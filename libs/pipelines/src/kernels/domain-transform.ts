// Recursive edge-preserving smoothing (Gastal and Oliveira 2011, RF form). Each call does one sweep there and back.

/** Sum of the channels' absolute differences, 0..765, to the pixel on the left and to the one above; 0 at the border. */
export function colorSteps(rgb: usize, across: usize, down: usize, width: i32, from: i32, to: i32): void {
  const rowBytes = <usize>width * 3;
  for (let y = from; y < to; y++) {
    const row = rgb + <usize>y * rowBytes;
    let o = <usize>y * <usize>width * 2;
    for (let x = 0; x < width; x++, o += 2) {
      const p = row + <usize>x * 3;
      store<u16>(across + o, x > 0 ? difference(p, p - 3) : 0);
      store<u16>(down + o, y > 0 ? difference(p, p - rowBytes) : 0);
    }
  }
}

// @ts-ignore: decorator
@inline
function difference(p: usize, q: usize): u16 {
  return <u16>(
    (abs(<i32>load<u8>(p) - <i32>load<u8>(q)) +
      abs(<i32>load<u8>(p + 1) - <i32>load<u8>(q + 1)) +
      abs(<i32>load<u8>(p + 2) - <i32>load<u8>(q + 2)))
  );
}

/** @param feedback 766 f32: how much of the neighbor flows in for each step between them */
export function domainRows(texels: usize, steps: usize, feedback: usize, width: i32, from: i32, to: i32): void {
  for (let y = from; y < to; y++) {
    const row = texels + <usize>y * <usize>width * 16;
    const step = steps + <usize>y * <usize>width * 2;
    let last = v128.load(row);
    for (let x = 1; x < width; x++) {
      const at = row + (<usize>x << 4);
      last = flow(v128.load(at), last, feedback, load<u16>(step + (<usize>x << 1)));
      v128.store(at, last);
    }
    for (let x = width - 2; x >= 0; x--) {
      const at = row + (<usize>x << 4);
      last = flow(v128.load(at), last, feedback, load<u16>(step + (<usize>(x + 1) << 1)));
      v128.store(at, last);
    }
  }
}

/** The same down and up the columns from <= x < to. */
export function domainColumns(
  texels: usize,
  steps: usize,
  feedback: usize,
  width: i32,
  height: i32,
  from: i32,
  to: i32,
): void {
  const rowBytes = <usize>width * 16;
  for (let y = 1; y < height; y++) {
    const step = steps + <usize>y * <usize>width * 2;
    for (let x = from; x < to; x++) {
      const at = texels + <usize>y * rowBytes + (<usize>x << 4);
      v128.store(at, flow(v128.load(at), v128.load(at - rowBytes), feedback, load<u16>(step + (<usize>x << 1))));
    }
  }
  for (let y = height - 2; y >= 0; y--) {
    const step = steps + <usize>(y + 1) * <usize>width * 2;
    for (let x = from; x < to; x++) {
      const at = texels + <usize>y * rowBytes + (<usize>x << 4);
      v128.store(at, flow(v128.load(at), v128.load(at + rowBytes), feedback, load<u16>(step + (<usize>x << 1))));
    }
  }
}

// @ts-ignore: decorator
@inline
function flow(own: v128, last: v128, feedback: usize, step: u16): v128 {
  return f32x4.add(own, f32x4.mul(v128.load32_splat(feedback + (<usize>step << 2)), f32x4.sub(last, own)));
}
