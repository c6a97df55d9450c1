import type { EncodedBand, PrintFormat } from './output-profile.js';

/** A strip is about this large before compression, whatever band height the painters work in. */
const STRIP_BYTES = 256 * 1024;

/** Rows of a strip, at least one and never more than the print has. */
export function rowsOfStrip({ widthPx, heightPx }: PrintFormat, channels: number): number {
  return Math.min(heightPx, Math.max(1, Math.floor(STRIP_BYTES / (widthPx * channels))));
}

/** The strips of a band: first row, counted within the band, and number of rows. */
export function* stripsOf(rows: number, stripRows: number): Generator<{ row: number; count: number }> {
  for (let row = 0; row < rows; row += stripRows) yield { row, count: Math.min(stripRows, rows - row) };
}

/** One band of encoded strips, in memory of its own that can be handed to another thread. */
export function joinStrips(strips: readonly Uint8Array[]): EncodedBand & { readonly bytes: Uint8Array } {
  const stripSizes = strips.map(({ length }) => length);
  const bytes = new Uint8Array(stripSizes.reduce((sum, size) => sum + size, 0));
  let end = 0;
  for (const strip of strips) {
    bytes.set(strip, end);
    end += strip.length;
  }
  return { bytes, stripSizes };
}

/** @throws RangeError when a file is to be completed that lacks strips */
export function checkComplete(strips: number, { heightPx }: PrintFormat, stripRows: number): void {
  const whole = Math.ceil(heightPx / stripRows);
  if (strips !== whole) throw new RangeError(`${strips} of ${whole} strips given`);
}
