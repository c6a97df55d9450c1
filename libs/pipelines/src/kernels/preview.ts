/** Sums of the rows of a print for its preview. */
@unmanaged
export class PreviewSums {
  /** Rows y0..y0+rows of the print, RGB interleaved. */
  rgb: usize;
  printWidth: i32;
  printHeight: i32;
  width: i32;
  height: i32;
  /** F64 sums of the preview's lines from `firstLine` on, three per pixel. */
  lineSums: usize;
  /** Scratch, f64, three per preview pixel. */
  rowSums: usize;
}

/**
 * Adds rows of a print to the lines of a smaller preview, each pixel weighted with the area it covers there, in units of
 * 1 / (print width * print height): whole numbers below 2^53 in f64, so the sums do not depend on their order.
 * @param parameters see {@link PreviewSums}
 */
export function addToPreview(parameters: usize, rows: i32, y0: i32, firstLine: i32): void {
  const p = changetype<PreviewSums>(parameters);
  const rgb = p.rgb;
  const printWidth = p.printWidth;
  const printHeight = p.printHeight;
  const width = p.width;
  const height = p.height;
  const lineSums = p.lineSums;
  const rowSums = p.rowSums;
  const lineBytes = <usize>width * 24;
  for (let row = 0; row < rows; row++) {
    sumAcross(rgb + <usize>row * <usize>printWidth * 3, printWidth, width, rowSums);
    let top = <i64>(y0 + row) * height;
    const bottom = top + height;
    while (top < bottom) {
      const line = top / printHeight;
      const edge = (line + 1) * printHeight;
      const end = bottom < edge ? bottom : edge;
      const share = f64x2.splat(<f64>(end - top));
      const sums = lineSums + <usize>(<i32>line - firstLine) * lineBytes;
      for (let i: usize = 0; i < lineBytes; i += 16) {
        // A line of an odd number of values ends within the padding that follows it.
        const sum = f64x2.add(v128.load(sums + i), f64x2.mul(v128.load(rowSums + i), share));
        if (i + 16 <= lineBytes) v128.store(sums + i, sum);
        else store<f64>(sums + i, f64x2.extract_lane(sum, 0));
      }
      top = end;
    }
  }
}

/** Sums of one print row per preview column, each pixel weighted with the width it covers there. */
function sumAcross(row: usize, printWidth: i32, width: i32, rowSums: usize): void {
  let at = row;
  let x = 0;
  // Width of pixel x that the column before has taken already.
  let taken = 0;
  for (let column = 0; column < width; column++) {
    const edge = (column + 1) * printWidth;
    let left = width - taken;
    let red: i32 = left * load<u8>(at);
    let green: i32 = left * load<u8>(at + 1);
    let blue: i32 = left * load<u8>(at + 2);
    x++;
    at += 3;
    const whole = edge / width;
    let r = 0;
    let g = 0;
    let b = 0;
    for (; x < whole; x++) {
      r += load<u8>(at);
      g += load<u8>(at + 1);
      b += load<u8>(at + 2);
      at += 3;
    }
    red += r * width;
    green += g * width;
    blue += b * width;
    taken = edge - x * width;
    if (taken > 0) {
      red += taken * load<u8>(at);
      green += taken * load<u8>(at + 1);
      blue += taken * load<u8>(at + 2);
    }
    const to = rowSums + <usize>column * 24;
    store<f64>(to, <f64>red);
    store<f64>(to + 8, <f64>green);
    store<f64>(to + 16, <f64>blue);
  }
}
