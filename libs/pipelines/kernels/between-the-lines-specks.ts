const UNSEEN: u8 = 0;
const OPEN: u8 = 1;
const LARGE: u8 = 2;
const DROPPED: u8 = 3;

/**
 * Drops patches of ink, where a field is positive, and of paper, where it is not, that are smaller than `minArea` pixels.
 * @param target the field or another one: at most `bare` where ink is dropped and at least `solid` where paper is
 * @param seen scratch, one byte per pixel, 0
 * @param queue scratch, minArea + 4 i32
 * @returns how many patches
 */
export function dropSpecks(
  field: usize,
  target: usize,
  width: i32,
  height: i32,
  minArea: i32,
  bare: f32,
  solid: f32,
  seen: usize,
  queue: usize,
): i32 {
  let dropped = 0;
  const n = width * height;
  for (let start = 0, x = 0; start < n; start++, x++) {
    if (x == width) x = 0;
    if (load<u8>(seen + <usize>start) != UNSEEN) continue;
    const ink = load<f32>(field + (<usize>start << 2)) > 0;
    // Most pixels belong to a patch that is known to be large.
    if (x > 0 && isPart(field, seen, start - 1, ink, LARGE)) {
      store<u8>(seen + <usize>start, LARGE);
      continue;
    }
    store<u8>(seen + <usize>start, OPEN);
    store<i32>(queue, start);
    let count = 1;
    let large = false;
    for (let next = 0; next < count && !large; next++) {
      const i = load<i32>(queue + (<usize>next << 2));
      const column = i % width;
      for (let side = 0; side < 4; side++) {
        if (side == 0 ? column == 0 : side == 1 ? column == width - 1 : side == 2 ? i < width : i >= n - width) continue;
        const j = side == 0 ? i - 1 : side == 1 ? i + 1 : side == 2 ? i - width : i + width;
        if (isPart(field, seen, j, ink, LARGE)) large = true;
        else if (isPart(field, seen, j, ink, UNSEEN)) {
          store<u8>(seen + <usize>j, OPEN);
          store<i32>(queue + (<usize>count << 2), j);
          count++;
        }
      }
      if (count >= minArea) large = true;
    }
    for (let k = 0; k < count; k++) {
      const i = <usize>load<i32>(queue + (<usize>k << 2));
      store<u8>(seen + i, large ? LARGE : DROPPED);
      if (large) continue;
      const at = target + (i << 2);
      store<f32>(at, ink ? min<f32>(load<f32>(at), bare) : max<f32>(load<f32>(at), solid));
    }
    if (!large) dropped++;
  }
  return dropped;
}

// @ts-ignore: decorator
@inline
function isPart(field: usize, seen: usize, i: i32, ink: bool, state: u8): bool {
  return load<u8>(seen + <usize>i) == state && load<f32>(field + (<usize>i << 2)) > 0 == ink;
}
