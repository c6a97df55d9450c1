/** Small BMP files for tests, written here because the image library cannot. */

interface BmpOptions {
  readonly topDown?: boolean;
}

/** White top row, black below; palettes are black and white at their ends. @param bits 1, 4, 8, 16, 24 or 32 */
export function encodeBmp(width: number, height: number, bits: number, { topDown = false }: BmpOptions = {}): Buffer {
  const colors = bits <= 8 ? 1 << bits : 0;
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  const pixels = Buffer.alloc(rowBytes * height);
  const topRow = topDown ? 0 : height - 1;
  pixels.fill(0xff, topRow * rowBytes, topRow * rowBytes + Math.ceil((width * bits) / 8));
  return Buffer.concat([
    headers(width, topDown ? -height : height, { bits, colors, compression: 0, size: pixels.length }),
    palette(colors),
    pixels,
  ]);
}

/** White top row, black below, 8 bits, run-length coded. */
export function encodeRle8Bmp(width: number, height: number): Buffer {
  const rows: number[] = [];
  for (let row = 0; row < height; row++) {
    const color = row === height - 1 ? 255 : 0;
    for (let left = width; left > 0; left -= 255) rows.push(Math.min(255, left), color);
    rows.push(0, row === height - 1 ? 1 : 0);
  }
  const pixels = Buffer.from(rows);
  return Buffer.concat([
    headers(width, height, { bits: 8, colors: 256, compression: 1, size: pixels.length }),
    palette(256),
    pixels,
  ]);
}

interface HeaderFields {
  readonly bits: number;
  readonly colors: number;
  readonly compression: number;
  readonly size: number;
}

function headers(width: number, height: number, { bits, colors, compression, size }: HeaderFields): Buffer {
  const header = Buffer.alloc(54);
  const offset = 54 + 4 * colors;
  header.write('BM', 0, 'latin1');
  header.writeUInt32LE(offset + size, 2);
  header.writeUInt32LE(offset, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(bits, 28);
  header.writeUInt32LE(compression, 30);
  header.writeUInt32LE(size, 34);
  header.writeUInt32LE(colors, 46);
  return header;
}

function palette(colors: number): Buffer {
  const table = Buffer.alloc(4 * colors);
  if (colors > 0) table.fill(0xff, 4 * (colors - 1), 4 * colors - 1);
  return table;
}
