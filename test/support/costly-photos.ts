/** Photos of some bytes that take a decoder long. */

const MARKER = 0xff;

/** A segment of a JPEG. */
function segment(code: number, body: readonly number[]): Buffer {
  return Buffer.from([MARKER, code, (body.length + 2) >> 8, (body.length + 2) & 0xff, ...body]);
}

/** A whole gray progressive JPEG, one color all over, of this many scans: 1 to 64. */
export function manyScansJpeg(sidePx: number, scans: number): Buffer {
  const blocks = Math.ceil(sidePx / 8) ** 2;
  const size = [sidePx >> 8, sidePx & 0xff];
  const oneSymbol = (table: number, symbol: number): Buffer => {
    return segment(0xc4, [table, 1, ...Array<number>(15).fill(0), symbol]);
  };
  const parts = [
    Buffer.from([MARKER, 0xd8]),
    segment(0xdb, [0, ...Array<number>(64).fill(1)]),
    segment(0xc2, [8, ...size, ...size, 1, 1, 0x11, 0]),
    // The first of the tables declares that nothing changes, the second one that nothing comes for 2^14 blocks and more.
    oneSymbol(0x00, 0),
    oneSymbol(0x10, 0xe0),
    segment(0xda, [1, 1, 0, 0, 0, 0]),
    Buffer.alloc(Math.ceil(blocks / 8)),
  ];
  for (let coefficient = 1; coefficient < scans; coefficient++) {
    parts.push(segment(0xda, [1, 1, 0, coefficient, coefficient, 0]), emptyScan(blocks));
  }
  return Buffer.concat([...parts, Buffer.from([MARKER, 0xd9])]);
}

/** The one code, 0, and 14 bits of how many blocks beyond 2^14 are passed over, again and again. */
function emptyScan(blocks: number): Buffer {
  let bits = '';
  for (let left = blocks; left > 0;) {
    const more = Math.max(0, Math.min(left, 2 ** 15 - 1) - 2 ** 14);
    bits += `0${more.toString(2).padStart(14, '0')}`;
    left -= 2 ** 14 + more;
  }
  const bytes = bits.match(/.{1,8}/g)!.map((byte) => parseInt(byte.padEnd(8, '1'), 2));
  return Buffer.from(bytes.flatMap((byte) => (byte === MARKER ? [byte, 0] : [byte])));
}

/** A lossless WebP of one color: no pixel takes a bit. */
export function flatWebp(sidePx: number): Buffer {
  const bits = [...ofNumber(sidePx - 1, 14), ...ofNumber(sidePx - 1, 14), 0, 0, 0, 0];
  // No transform, no cache, no groups; each of five codes is simple, with the one symbol 0.
  bits.push(0, 0, 0, ...Array.from({ length: 5 }, () => [1, 0, 0, 0]).flat());
  const data = [0x2f];
  for (let at = 0; at < bits.length; at += 8) {
    data.push(bits.slice(at, at + 8).reduce((byte, bit, i) => byte | (bit << i), 0));
  }
  while (data.length % 2 > 0 || data.length < 18) data.push(0);
  const head = Buffer.from('RIFF....WEBPVP8L....', 'latin1');
  head.writeUInt32LE(head.length + data.length - 8, 4);
  head.writeUInt32LE(data.length, 16);
  return Buffer.concat([head, Buffer.from(data)]);
}

function ofNumber(value: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (value >> i) & 1);
}
