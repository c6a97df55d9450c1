import sharp from 'sharp';

/** What a JPEG segment can hold of a profile: 64 KiB less its length, mark and numbers. */
const PROFILE_SEGMENT_BYTES = 65_519;
const PROFILE_TAG = 34_675;

let known: Promise<Buffer> | undefined;

/** The profile that the native decoder takes for a CMYK photo without one. */
export function defaultPressProfile(): Promise<Buffer> {
  known ??= readDefault();
  return known;
}

async function readDefault(): Promise<Buffer> {
  const pixel = { create: { width: 1, height: 1, channels: 3, background: '#ffffff' } } as const;
  const { icc } = await sharp(await sharp(pixel).withIccProfile('cmyk').tiff().toBuffer()).metadata();
  if (icc === undefined) throw new Error('The native decoder has no press profile');
  return icc;
}

/** The page of a TIFF that is to get a profile: where the offset of its directory is stored. */
interface TiffPlace {
  readonly layout: { readonly isBig: boolean; readonly isLittle: boolean };
  readonly linkAt: number;
}

/** A photo with a profile put into it. @param tiff the page of a TIFF; the photo is a JPEG without it */
export function withProfile(bytes: Buffer, profile: Buffer, tiff?: TiffPlace): Buffer {
  return tiff ? tiffWithProfile(bytes, profile, tiff) : jpegWithProfile(bytes, profile);
}

function jpegWithProfile(bytes: Buffer, profile: Buffer): Buffer {
  const parts: Buffer[] = [];
  const count = Math.ceil(profile.length / PROFILE_SEGMENT_BYTES);
  for (let i = 0; i < count; i++) {
    const data = profile.subarray(i * PROFILE_SEGMENT_BYTES, (i + 1) * PROFILE_SEGMENT_BYTES);
    const head = Buffer.from('\xff\xe2..ICC_PROFILE\0..', 'latin1');
    head.writeUInt16BE(data.length + 16, 2);
    head.set([i + 1, count], 16);
    parts.push(head, data);
  }
  return Buffer.concat([bytes.subarray(0, 2), ...parts, bytes.subarray(2)]);
}

/** The page's directory is written anew behind the end, with one entry more; pages behind it are left out. */
function tiffWithProfile(bytes: Buffer, profile: Buffer, { layout, linkAt }: TiffPlace): Buffer {
  const [countBytes, offsetBytes] = layout.isBig ? [8, 8] : [2, 4];
  const entryBytes = 4 + 2 * offsetBytes;
  const integer = (value: number, size: number): Buffer => {
    const field = Buffer.alloc(size);
    // Six bytes are the most that these methods write; no value here needs more.
    if (layout.isLittle) field.writeUIntLE(value, 0, Math.min(size, 6));
    else field.writeUIntBE(value, size - Math.min(size, 6), Math.min(size, 6));
    return field;
  };
  const read = (at: number, size: number): number => {
    if (size < 8) return layout.isLittle ? bytes.readUIntLE(at, size) : bytes.readUIntBE(at, size);
    return Number(layout.isLittle ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  };
  const directory = read(linkAt, offsetBytes);
  const entriesAt = directory + countBytes;
  const count = read(directory, countBytes);
  const padding = Buffer.alloc(bytes.length % 2);
  const profileAt = bytes.length + padding.length;
  const profilePadding = Buffer.alloc(profile.length % 2);
  const [UNDEFINED_BYTES, none] = [7, Buffer.alloc(offsetBytes)];
  const entry = [
    integer(PROFILE_TAG, 2),
    integer(UNDEFINED_BYTES, 2),
    integer(profile.length, offsetBytes),
    integer(profileAt, offsetBytes),
  ];
  let before = 0;
  while (before < count && read(entriesAt + entryBytes * before, 2) < PROFILE_TAG) before++;
  const middle = entriesAt + entryBytes * before;
  const whole = Buffer.concat([
    bytes,
    padding,
    profile,
    profilePadding,
    integer(count + 1, countBytes),
    bytes.subarray(entriesAt, middle),
    ...entry,
    bytes.subarray(middle, entriesAt + entryBytes * count),
    none,
  ]);
  integer(profileAt + profile.length + profilePadding.length, offsetBytes).copy(whole, linkAt);
  return whole;
}
