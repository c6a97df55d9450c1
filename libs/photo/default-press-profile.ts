import sharp from 'sharp';

/** What a JPEG segment can hold of a profile: 64 KiB less its length, mark and numbers. */
const PROFILE_SEGMENT_BYTES = 65_519;
const PROFILE_TAG = 34_675;
const ENTRY_BYTES = 12;

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

/** A photo with a profile put into it; the photo as it is when it has no place that we know. */
export function withProfile(bytes: Buffer, format: 'JPEG' | 'TIFF', profile: Buffer): Buffer {
  return format === 'JPEG' ? jpegWithProfile(bytes, profile) : tiffWithProfile(bytes, profile);
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

/** The first page's directory is written anew behind the end, with one entry more. BigTIFF is left alone. */
function tiffWithProfile(bytes: Buffer, profile: Buffer): Buffer {
  const isLittle = bytes[0] === 0x49;
  const short = (at: number): number => (isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const put = (target: Buffer, value: number, at: number, size: number): unknown =>
    isLittle ? target.writeUIntLE(value, at, size) : target.writeUIntBE(value, at, size);
  if (short(2) !== 42) return bytes;
  const directory = isLittle ? bytes.readUInt32LE(4) : bytes.readUInt32BE(4);
  const entriesAt = directory + 2;
  const count = entriesAt <= bytes.length ? short(directory) : 0;
  if (count === 0 || entriesAt + ENTRY_BYTES * count > bytes.length) return bytes;
  const profileAt = bytes.length + (bytes.length % 2);
  const entry = Buffer.alloc(ENTRY_BYTES);
  const [UNDEFINED_BYTES, none] = [7, Buffer.alloc(4)];
  put(entry, PROFILE_TAG, 0, 2);
  put(entry, UNDEFINED_BYTES, 2, 2);
  put(entry, profile.length, 4, 4);
  put(entry, profileAt, 8, 4);
  let before = 0;
  while (before < count && short(entriesAt + ENTRY_BYTES * before) < PROFILE_TAG) before++;
  const middle = entriesAt + ENTRY_BYTES * before;
  const newCount = Buffer.alloc(2);
  put(newCount, count + 1, 0, 2);
  const whole = Buffer.concat([
    bytes,
    Buffer.alloc(bytes.length % 2),
    profile,
    Buffer.alloc(profile.length % 2),
    newCount,
    bytes.subarray(entriesAt, middle),
    entry,
    bytes.subarray(middle, entriesAt + ENTRY_BYTES * count),
    none,
  ]);
  put(whole, profileAt + profile.length + (profile.length % 2), 4, 4);
  return whole;
}
