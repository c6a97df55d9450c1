/** What a JPEG segment can hold of a profile: 64 KiB less its length, mark and numbers. */
const PROFILE_SEGMENT_BYTES = 65_519;
const EXIF_MARK = 'Exif\0\0';
const [APP1, SOS] = [0xe1, 0xda];

/** A JPEG with a color profile, cut into segments, behind its start. */
export function jpegWithProfile(bytes: Buffer, profile: Buffer): Buffer {
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

/** A JPEG with this EXIF block behind its start and with no other. */
export function jpegWithExif(bytes: Buffer, block: Buffer): Buffer {
  const head = Buffer.from(`\xff\xe1..${EXIF_MARK}`, 'latin1');
  head.writeUInt16BE(2 + EXIF_MARK.length + block.length, 2);
  const parts = [bytes.subarray(0, 2), head, block];
  let kept = 2;
  for (const { marker, at, end } of headSegments(bytes)) {
    if (marker !== APP1 || bytes.toString('latin1', at + 4, at + 10) !== EXIF_MARK) continue;
    parts.push(bytes.subarray(kept, at));
    kept = end;
  }
  return Buffer.concat([...parts, bytes.subarray(kept)]);
}

/** Segments up to the first scan, `at` being the place of their marker; none behind stray bytes. */
function* headSegments(bytes: Buffer): Generator<{ marker: number; at: number; end: number }> {
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff && bytes[at + 1] !== SOS;) {
    const end = at + 2 + bytes.readUInt16BE(at + 2);
    yield { marker: bytes[at + 1], at, end };
    at = end;
  }
}
