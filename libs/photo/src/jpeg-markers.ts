/** What following a JPEG from marker to marker shows, without decoding a pixel. */
export interface JpegReport {
  /** Whether the first picture's end mark was reached; a file that broke off, or whose rest is blank, has none. */
  readonly hasEnd: boolean;
  /** The file with harmless slips of its writer put right; undefined when there are none. */
  readonly repaired?: Buffer;
}

/** Slips found on the way: bytes to set, and stretches to leave out. */
interface Slips {
  readonly values: { at: number; value: number }[];
  readonly stray: { from: number; to: number }[];
}

const MARKER = 0xff;
const [SOI, EOI, SOS, APP0, APP14] = [0xd8, 0xd9, 0xda, 0xe0, 0xee];
const TEMPORARY = 0x01;
const SEQUENTIAL_FRAMES = [0xc0, 0xc1];
/** Marks in the range of frame headers that are none: Huffman tables, an extension, arithmetic coding. */
const NO_FRAMES = [0xc4, 0xc8, 0xcc];

/** More stray bytes than this between two segments are damage, not padding. */
const MOST_STRAY_BYTES = 64;

/**
 * Looks for the end mark and for slips that a decoder complains about though every pixel is there: stray bytes between
 * segments, an unknown version or color code, scan parameters that mean nothing in a sequential picture.
 * @param bytes the whole file
 */
export function examineJpeg(bytes: Buffer): JpegReport {
  const slips: Slips = { values: [], stray: [] };
  const hasEnd = followMarkers(bytes, slips);
  const isClean = slips.values.length === 0 && slips.stray.length === 0;
  return isClean ? { hasEnd } : { hasEnd, repaired: repair(bytes, slips) };
}

function followMarkers(bytes: Buffer, slips: Slips): boolean {
  let components = 3;
  let isSequential = false;
  let adobeAt = -1;
  for (let at = 2; ;) {
    const markerAt = nextMarker(bytes, at);
    if (markerAt < 0 || markerAt - at > MOST_STRAY_BYTES) return false;
    if (markerAt > at) slips.stray.push({ from: at, to: markerAt });
    const marker = bytes[markerAt + 1];
    at = markerAt + 2;
    if (marker === EOI) break;
    if (standsAlone(marker)) continue;
    if (at + 2 > bytes.length) return false;
    const end = at + bytes.readUInt16BE(at);
    if (end > bytes.length) return false;
    if (isFrame(marker)) {
      isSequential = SEQUENTIAL_FRAMES.includes(marker);
      components = bytes[at + 7];
    }
    if (marker === APP0) checkVersion(bytes, at, slips);
    if (marker === APP14 && bytes.toString('latin1', at + 2, at + 7) === 'Adobe' && end - at >= 14) adobeAt = at + 13;
    if (marker === SOS && isSequential) checkScan(bytes, end, slips);
    at = marker === SOS ? endOfScan(bytes, end) : end;
  }
  if (adobeAt >= 0 && bytes[adobeAt] > 2) slips.values.push({ at: adobeAt, value: components === 4 ? 2 : 1 });
  return true;
}

/** Where the next marker begins, at `from` or later; filling bytes before it belong to it. */
export function nextMarker(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(MARKER, from); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(MARKER, at + 1)) {
    if (bytes[at + 1] === MARKER) {
      if (at === from) from++;
      continue;
    }
    if (bytes[at + 1] !== 0) return at;
  }
  return -1;
}

/** The first marker after coded pixels that is neither an escaped byte nor a restart. */
export function endOfScan(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(MARKER, from); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(MARKER, at + 1)) {
    const next = bytes[at + 1];
    if (next !== 0 && next !== MARKER && !isRestart(next)) return at;
  }
  return bytes.length;
}

function isRestart(marker: number): boolean {
  return marker >= 0xd0 && marker <= 0xd7;
}

export function standsAlone(marker: number): boolean {
  return isRestart(marker) || marker === SOI || marker === TEMPORARY;
}

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && !NO_FRAMES.includes(marker);
}

function checkVersion(bytes: Buffer, at: number, { values }: Slips): void {
  const isJfif = bytes.toString('latin1', at + 2, at + 7) === 'JFIF\0';
  if (isJfif && bytes[at + 7] !== 1) values.push({ at: at + 7, value: 1 });
}

/** A sequential scan always holds whole blocks; its last three bytes are ignored. */
function checkScan(bytes: Buffer, end: number, { values }: Slips): void {
  [0, 63, 0].forEach((value, i) => {
    if (bytes[end - 3 + i] !== value) values.push({ at: end - 3 + i, value });
  });
}

function repair(bytes: Buffer, { values, stray }: Slips): Buffer {
  const copy = Buffer.from(bytes);
  for (const { at, value } of values) copy[at] = value;
  const kept = [...stray, { from: copy.length, to: copy.length }];
  return Buffer.concat(kept.map(({ from }, i) => copy.subarray(i === 0 ? 0 : kept[i - 1].to, from)));
}
