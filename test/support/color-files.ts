import { createHash } from 'node:crypto';

// Files with colors declared in ways that no writer at hand produces.

/** A color profile of gray whose numbers are amounts of light. */
export function linearGrayProfile(): Buffer {
  const profile = Buffer.alloc(192);
  profile.writeUInt32BE(profile.length, 0);
  profile.write('02100000', 8, 'hex');
  profile.write('mntrGRAYXYZ ', 12);
  profile.write('acsp', 36);
  const whitePoint = '0000f6d6000100000000d32d';
  profile.write(whitePoint, 68, 'hex');
  // Two tags with their places and lengths: the white point and the curve, a gamma of 1.
  profile.write('00000002' + '77747074' + '0000009c' + '00000014' + '6b545243' + '000000b0' + '0000000e', 128, 'hex');
  profile.write('58595a2000000000' + whitePoint, 156, 'hex');
  profile.write('6375727600000000' + '00000001' + '0100', 176, 'hex');
  return profile;
}

/** Curves of light over stored value, as tags of a color profile. */
export const CURVES = {
  identity: Buffer.from('63757276' + '00000000' + '00000000', 'hex'),
  'a table of two': Buffer.from('63757276' + '00000000' + '00000002' + '0000ffff', 'hex'),
  'a formula': Buffer.from(
    '70617261' + '00000000' + '00030000' + '00010000'.repeat(2) + '00000000' + '00010000' + '00000000',
    'hex',
  ),
};

/** A color profile of grays, or of the red, green and blue of sRGB, with one curve for all channels. */
export function profileWithCurve(space: 'GRAY' | 'RGB ', curve: Buffer): Buffer {
  const xyz = (...values: number[]): Buffer => {
    const tag = Buffer.alloc(20);
    tag.write('XYZ ');
    values.forEach((value, i) => tag.writeInt32BE(Math.round(value * 65_536), 8 + 4 * i));
    return tag;
  };
  const white = xyz(0.9642, 1, 0.8249);
  const colors = {
    rXYZ: xyz(0.4361, 0.2225, 0.0139),
    gXYZ: xyz(0.3851, 0.7169, 0.0971),
    bXYZ: xyz(0.1431, 0.0606, 0.7139),
  };
  const curves = space === 'GRAY' ? { kTRC: curve } : { rTRC: curve, gTRC: curve, bTRC: curve };
  // libpng takes a profile that packs to less than 132 bytes for damage.
  const filling = Buffer.from(`text\0\0\0\0${createHash('sha512').digest('hex')}\0\0\0\0`);
  const tags = Object.entries({ cprt: filling, wtpt: white, ...(space === 'GRAY' ? {} : colors), ...curves });
  const parts = [Buffer.alloc(132 + 12 * tags.length)];
  const [head] = parts;
  let end = head.length;
  tags.forEach(([name, tag], i) => {
    head.write(name, 132 + 12 * i);
    head.writeUInt32BE(end, 136 + 12 * i);
    head.writeUInt32BE(tag.length, 140 + 12 * i);
    parts.push(tag);
    end += tag.length;
  });
  head.writeUInt32BE(end);
  head.write('02400000', 8, 'hex');
  head.write(`mntr${space}XYZ `, 12);
  head.write('07d000010001', 24, 'hex');
  head.write('acsp', 36);
  white.copy(head, 68, 8);
  head.writeUInt32BE(tags.length, 128);
  return Buffer.concat(parts);
}

/** Inks in one uncompressed strip, with no profile. */
export function bigEndianCmykTiff(inks: Buffer, width: number, height: number): Buffer {
  const tags = { 256: width, 257: height, 258: 8, 259: 1, 262: 5, 273: 8, 277: 4, 278: height, 279: inks.length };
  const entries = Object.entries(tags);
  const directory = Buffer.alloc(2 + 12 * entries.length + 4);
  directory.writeUInt16BE(entries.length);
  entries.forEach(([tag, value], i) => {
    const at = 2 + 12 * i;
    directory.writeUInt16BE(Number(tag), at);
    directory.writeUInt16BE(4, at + 2);
    directory.writeUInt32BE(1, at + 4);
    directory.writeUInt32BE(value, at + 8);
  });
  const head = Buffer.from('4d4d002a00000000', 'hex');
  head.writeUInt32BE(8 + inks.length, 4);
  return Buffer.concat([head, inks, directory]);
}
