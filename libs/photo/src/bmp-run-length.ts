import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BmpHeader } from './bmp-header.js';
import type { Palette } from './bmp-rows.js';

const END_OF_LINE = 0;
const END_OF_BITMAP = 1;
const MOVE = 2;

/** Steps between two turns of the event loop: a signal must not wait for 100 megapixels. */
const STEPS_PER_TURN = 50_000;

/** Where decoded pixels go: RGB rows from the top. */
export interface RunLengthTarget {
  readonly rgb: Uint8Array;
  readonly palette: Palette;
}

/**
 * Follows run-length data to its end and paints it if asked to. What overhangs a row is left out, as is usual; pixels
 * that are passed over keep the background.
 * @returns where the data ends in the file: behind its end-of-bitmap mark, or at the end of the file when it has none and
 *   covers every row all the same; undefined when it is cut short, which would pass as a picture
 */
export async function readRunLength(
  bytes: Buffer,
  header: BmpHeader,
  target?: RunLengthTarget,
): Promise<number | undefined> {
  const { widthPx, heightPx, coding } = header;
  const perByte = coding === 'rle4' ? 2 : 1;
  const paint = target && painter(bytes, header, target);
  let at = header.pixelOffset;
  let row = 0;
  let column = 0;
  for (let step = 1; at + 1 < bytes.length; step++) {
    if (step % STEPS_PER_TURN === 0) await nextTurn();
    const count = bytes[at++];
    const value = bytes[at++];
    if (count > 0) {
      if (row < heightPx) paint?.({ row, column, count }, at - 1, 0);
      column += count;
    } else if (value === END_OF_BITMAP) return at;
    else if (value === END_OF_LINE) [row, column] = [row + 1, 0];
    else if (value === MOVE) {
      if (at + 1 >= bytes.length) return undefined;
      column += bytes[at++];
      row += bytes[at++];
    } else {
      const start = at;
      const literalBytes = Math.ceil(value / perByte);
      at += literalBytes + (literalBytes & 1);
      if (at > bytes.length) return undefined;
      if (row < heightPx) paint?.({ row, column, count: value }, start, 1);
      column += value;
    }
    if (row > heightPx) return undefined;
  }
  const isWhole = row >= heightPx || (row === heightPx - 1 && column >= widthPx);
  return isWhole ? bytes.length : undefined;
}

/** Paints a stretch of a row with the colors coded at `from`; `step` is 0 where one byte is repeated. */
type Painter = (place: { row: number; column: number; count: number }, from: number, step: 0 | 1) => void;

function painter(bytes: Buffer, header: BmpHeader, { rgb, palette }: RunLengthTarget): Painter {
  const { widthPx, heightPx, topDown } = header;
  // Two pixels take turns in a byte of four bits each.
  const isPaired = header.coding === 'rle4';
  return ({ row, column, count }, from, step) => {
    const y = topDown ? row : heightPx - 1 - row;
    const visible = Math.min(count, widthPx - column);
    let to = 3 * (y * widthPx + column);
    for (let i = 0; i < visible; i++, to += 3) {
      const byte = bytes[from + step * (isPaired ? i >> 1 : i)];
      const color = 3 * (isPaired ? (i & 1 ? byte & 15 : byte >> 4) : byte);
      rgb[to] = palette[color];
      rgb[to + 1] = palette[color + 1];
      rgb[to + 2] = palette[color + 2];
    }
  };
}
