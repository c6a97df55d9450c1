/** One label per working pixel, 0..k-1, row by row. */
export interface LabelField {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  /** Number of labels, at most 32. */
  readonly k: number;
}

/** Gives every pixel the most frequent label of its (2 radius + 1) square; its own label wins ties, then the lowest. */
export function modeFilter(field: LabelField, radius: number): LabelField {
  const { width, height, data, k } = field;
  const out = new Uint8Array(data.length);
  const counts = new Int32Array(k);
  for (let y = 0; y < height; y++) {
    counts.fill(0);
    const top = Math.max(0, y - radius);
    const bottom = Math.min(height - 1, y + radius);
    const count = (x: number, by: number): void => {
      if (x < 0 || x >= width) return;
      for (let j = top; j <= bottom; j++) counts[data[j * width + x]] += by;
    };
    for (let x = 0; x < radius; x++) count(x, 1);
    for (let x = 0; x < width; x++) {
      count(x + radius, 1);
      count(x - radius - 1, -1);
      let best = data[y * width + x];
      for (let label = 0; label < k; label++) if (counts[label] > counts[best]) best = label;
      out[y * width + x] = best;
    }
  }
  return { width, height, data: out, k };
}

const MAX_MERGE_ROUNDS = 8;

/** Gives every connected region smaller than `minArea` pixels to the neighbour with which it shares most border. */
export function mergeSmallRegions(field: LabelField, minArea: number): LabelField {
  const data = field.data.slice();
  for (let round = 0; round < MAX_MERGE_ROUNDS; round++) {
    if (!mergeOnce({ ...field, data }, minArea)) break;
  }
  return { ...field, data };
}

function mergeOnce({ width, height, data, k }: LabelField, minArea: number): boolean {
  const seen = new Uint8Array(data.length);
  const region = new Int32Array(data.length);
  const borders = new Int32Array(k);
  let merged = false;
  for (let start = 0; start < data.length; start++) {
    if (seen[start]) continue;
    const size = flood(start, seen, region, borders, { width, height, data, k });
    if (size >= minArea) continue;
    let best = -1;
    for (let label = 0; label < k; label++) {
      if (borders[label] > 0 && (best < 0 || borders[label] > borders[best])) best = label;
    }
    if (best < 0) continue;
    for (let i = 0; i < size; i++) data[region[i]] = best;
    merged = true;
  }
  return merged;
}

/** Collects the 4-connected region around `start` and counts its border by neighbouring label. @returns its size */
function flood(start: number, seen: Uint8Array, region: Int32Array, borders: Int32Array, field: LabelField): number {
  const { width, height, data } = field;
  const label = data[start];
  borders.fill(0);
  let size = 1;
  region[0] = start;
  seen[start] = 1;
  const visit = (i: number): void => {
    if (data[i] !== label) borders[data[i]]++;
    else if (!seen[i]) {
      seen[i] = 1;
      region[size++] = i;
    }
  };
  for (let next = 0; next < size; next++) {
    const i = region[next];
    const x = i % width;
    if (x > 0) visit(i - 1);
    if (x < width - 1) visit(i + 1);
    if (i >= width) visit(i - width);
    if (i < width * (height - 1)) visit(i + width);
  }
  return size;
}
