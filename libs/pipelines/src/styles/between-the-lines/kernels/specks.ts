const UNSEEN: u8 = 0;
const OPEN: u8 = 1;
const LARGE: u8 = 2;
const DROPPED: u8 = 3;

/** Which patches of a field are dropped, and where. */
@unmanaged
export class SpeckFilter {
  field: usize;
  /** The field or another one: where a patch is dropped, its values times `sign` become `limit` at most. */
  target: usize;
  width: i32;
  height: i32;
  /** 1 for patches of high values, -1 for patches of low ones. */
  sign: f32;
  level: f32;
  strong: f32;
  minArea: i32;
  limit: f32;
  /** Scratch, one byte per pixel, 0. */
  seen: usize;
  /** Scratch, minArea + 4 i32. */
  queue: usize;
}

/**
 * Drops patches smaller than `minArea` pixels, where a patch is what a field times `sign` exceeds `level` on, unless it
 * exceeds `strong` somewhere there.
 * @param parameters see {@link SpeckFilter}
 */
export function dropSpecks(parameters: usize): void {
  const p = changetype<SpeckFilter>(parameters);
  const field = p.field;
  const target = p.target;
  const width = p.width;
  const height = p.height;
  const sign = p.sign;
  const level = p.level;
  const strong = p.strong;
  const minArea = p.minArea;
  const limit = p.limit;
  const seen = p.seen;
  const queue = p.queue;
  const n = width * height;
  for (let start = 0, x = 0; start < n; start++, x++) {
    if (x == width) x = 0;
    const own = seen + <usize>start;
    if (load<f32>(field + (<usize>start << 2)) * sign <= level || load<u8>(own) != UNSEEN) continue;
    // Most pixels belong to a patch that is known to be large.
    if (x > 0 && load<u8>(own - 1) == LARGE) {
      store<u8>(own, LARGE);
      continue;
    }
    store<u8>(own, OPEN);
    store<i32>(queue, start);
    let count = 1;
    let large = false;
    for (let next = 0; next < count && !large; next++) {
      const i = load<i32>(queue + (<usize>next << 2));
      if (load<f32>(field + (<usize>i << 2)) * sign > strong) large = true;
      const column = i % width;
      for (let side = 0; side < 4; side++) {
        if (side == 0 ? column == 0 : side == 1 ? column == width - 1 : side == 2 ? i < width : i >= n - width) continue;
        const j = side == 0 ? i - 1 : side == 1 ? i + 1 : side == 2 ? i - width : i + width;
        const state = load<u8>(seen + <usize>j);
        if (state == LARGE) large = true;
        else if (state == UNSEEN && load<f32>(field + (<usize>j << 2)) * sign > level) {
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
      const at = target + (i << 2);
      if (!large) store<f32>(at, sign * min<f32>(sign * load<f32>(at), limit));
    }
  }
}
