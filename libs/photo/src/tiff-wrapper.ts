const PROFILE_TAG = 34_675;
const [SHORT, LONG, UNDEFINED] = [3, 4, 7];
const VALUE_BYTES: Readonly<Record<number, number>> = { [SHORT]: 2, [LONG]: 4, [UNDEFINED]: 1 };
const ROWS_PER_STRIP = 64;
const HEADER_BYTES = 8;

/**
 * The bytes that make a TIFF of RGB rows (8 bits, from the top) which follow them: so pixels come with a color profile to a
 * decoder that takes a profile only from a file.
 */
export function tiffHead(width: number, height: number, profile: Buffer): Buffer {
  const strips = Math.ceil(height / ROWS_PER_STRIP);
  const stripBytes = 3 * width * ROWS_PER_STRIP;
  const counts = Array.from({ length: strips }, (_, i) => Math.min(stripBytes, 3 * width * height - i * stripBytes));
  const tags = (start: number): [tag: number, type: number, values: readonly number[] | Buffer][] => [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, [8, 8, 8]],
    [259, SHORT, [1]],
    [262, SHORT, [2]],
    [273, LONG, counts.map((_, i) => start + i * stripBytes)],
    [277, SHORT, [3]],
    [278, LONG, [ROWS_PER_STRIP]],
    [279, LONG, counts],
    [PROFILE_TAG, UNDEFINED, profile],
  ];
  // How long it is does not depend on where the strips begin.
  return written(tags(written(tags(0)).length));
}

function written(tags: readonly [tag: number, type: number, values: readonly number[] | Buffer][]): Buffer {
  const directory = Buffer.alloc(2 + 12 * tags.length + 4);
  directory.writeUInt16LE(tags.length);
  const parts = [Buffer.from('49492a0008000000', 'hex'), directory];
  let end = HEADER_BYTES + directory.length;
  tags.forEach(([tag, type, values], i) => {
    const at = 2 + 12 * i;
    const data = Buffer.alloc(values.length * VALUE_BYTES[type]);
    values.forEach((value, k) => data.writeUIntLE(value, k * VALUE_BYTES[type], VALUE_BYTES[type]));
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(type, at + 2);
    directory.writeUInt32LE(values.length, at + 4);
    if (data.length <= 4) data.copy(directory, at + 8);
    else {
      directory.writeUInt32LE(end, at + 8);
      parts.push(data, Buffer.alloc(data.length % 2));
      end += data.length + (data.length % 2);
    }
  });
  return Buffer.concat(parts);
}
