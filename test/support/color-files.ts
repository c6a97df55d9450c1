// Files with colors told in ways that no writer at hand produces.

/** A color profile of grey whose numbers are amounts of light. */
export function linearGreyProfile(): Buffer {
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
