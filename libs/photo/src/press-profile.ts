/** A stretch of a file that holds a part of the color profile. */
interface Piece {
  readonly at: number;
  readonly length: number;
}

const PERCEPTUAL_TABLE = 'A2B0';
const JPEG_PROFILE_MARK = 'ICC_PROFILE\0';

/**
 * A CMYK photo whose profile's deepest black, all inks at once, is neutral; its lightness and every other color stay.
 * Little CMS 2.18 to 2.19.1 shift every color so far as that black is off neutral, and press blacks are: grays turn yellow.
 * Older and newer versions take it for neutral in any case, so nothing changes with them.
 * @param bytes the whole file, changed in place
 * @param profile as the decoder finds it in the file
 * @returns whether anything was changed
 */
export function neutralizeDeepestBlack(bytes: Buffer, format: 'JPEG' | 'TIFF', profile: Buffer): boolean {
  const pieces = format === 'JPEG' ? piecesInJpeg(bytes) : piecesInTiff(bytes, profile);
  const stored = Buffer.concat(pieces.map(({ at, length }) => bytes.subarray(at, at + length)));
  if (!stored.equals(profile)) return false;
  const changes = deepestBlack(profile);
  for (const [at, value] of changes) bytes[placeInFile(pieces, at)] = value;
  return changes.length > 0;
}

function piecesInTiff(bytes: Buffer, profile: Buffer): Piece[] {
  const at = bytes.indexOf(profile);
  return at < 0 ? [] : [{ at, length: profile.length }];
}

/** Parts of the profile in their numbered order; one takes up to 64 KiB. */
function piecesInJpeg(bytes: Buffer): Piece[] {
  const found: (Piece & { number: number })[] = [];
  for (let mark = bytes.indexOf(JPEG_PROFILE_MARK); mark >= 4; mark = bytes.indexOf(JPEG_PROFILE_MARK, mark + 1)) {
    if (bytes.readUInt16BE(mark - 4) !== 0xffe2 || mark + 14 > bytes.length) continue;
    found.push({ number: bytes[mark + 12], at: mark + 14, length: Math.max(0, bytes.readUInt16BE(mark - 2) - 16) });
  }
  return found.sort((a, b) => a.number - b.number);
}

function placeInFile(pieces: readonly Piece[], at: number): number {
  for (const piece of pieces) {
    if (at < piece.length) return piece.at + at;
    at -= piece.length;
  }
  throw new RangeError('A place behind the end of the profile');
}

/** Bytes of the profile to set, as place and value; none when its blacks are read in another way. */
function deepestBlack(profile: Buffer): [number, number][] {
  // From version 4 on, a perceptual black is laid down by the standard.
  const isOld = profile.length > 132 && profile[8] < 4;
  const isPress = isOld && profile.toString('latin1', 16, 24) === 'CMYKLab ';
  const table = isPress ? tableIn(profile) : undefined;
  if (table === undefined || table.length < 52) return [];
  const bytesEach = { mft1: 1, mft2: 2 }[table.toString('latin1', 0, 4)];
  const [inputs, outputs, grid] = table.subarray(8, 11);
  if (bytesEach === undefined || inputs !== 4 || outputs !== 3) return [];
  const isWide = bytesEach === 2;
  const [inputEntries, outputEntries] = isWide ? [table.readUInt16BE(48), table.readUInt16BE(50)] : [256, 256];
  const curvesAt = (isWide ? 52 : 48) + bytesEach * (inputs * inputEntries + outputs * grid ** inputs);
  if (outputEntries < 2 || curvesAt + bytesEach * outputs * outputEntries > table.length) return [];
  const changes: [number, number][] = [];
  // The last entry of the grid holds lightness, then the two axes of color.
  for (const axis of [1, 2]) {
    const curveAt = curvesAt + bytesEach * outputEntries * axis;
    const curve = Array.from({ length: outputEntries }, (_, i) => table.readUIntBE(curveAt + bytesEach * i, bytesEach));
    const value = valueFor(curve, isWide ? 0x8000 : 0x80, isWide ? 0xffff : 0xff);
    const at = table.byteOffset - profile.byteOffset + curvesAt - bytesEach * (outputs - axis);
    if (isWide) changes.push([at, value >> 8]);
    changes.push([at + bytesEach - 1, value & 0xff]);
  }
  return changes;
}

function tableIn(profile: Buffer): Buffer | undefined {
  const tags = profile.readUInt32BE(128);
  for (let at = 132; at < Math.min(132 + 12 * tags, profile.length - 11); at += 12) {
    if (profile.toString('latin1', at, at + 4) !== PERCEPTUAL_TABLE) continue;
    const start = profile.readUInt32BE(at + 4);
    return profile.subarray(start, start + profile.readUInt32BE(at + 8));
  }
  return undefined;
}

/** What goes into a rising curve so that `wanted` comes out, on a scale up to `most`. */
function valueFor(curve: readonly number[], wanted: number, most: number): number {
  const above = Math.max(
    1,
    curve.findIndex((value) => value >= wanted),
  );
  const [low, high] = [curve[above - 1], curve[above]];
  const share = high > low ? (wanted - low) / (high - low) : 0;
  return Math.min(most, Math.max(0, Math.round(((above - 1 + share) * most) / (curve.length - 1))));
}
