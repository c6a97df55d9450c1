// What cameras put behind the picture of a JPEG. Sources: Google's Motion Photo format 1.0 and its predecessor MicroVideo,
// CIPA DC-007 (MPF), Ultra HDR 1.1, and what exiftool knows of the trailers of Samsung, Huawei and Honor.

import { jpegEnd } from './jpeg-end.js';
import { nextMarker, standsAlone } from './jpeg-markers.js';

/** In the XMP of photos that carry a video. */
const VIDEO_MARKS = ['MotionPhoto', 'MicroVideo'];
/** Announce further pictures: the multi-picture index, or in XMP the list of files and the gain map of Ultra HDR. */
const PICTURE_MARKS = ['MPF\0', 'Container:Directory', 'hdr-gain-map'];
/** At the end of live photos of Huawei and Honor. */
const LIVE_PHOTO_END = /LIVE_\d+\s*$/;
const LIVE_PHOTO_END_BYTES = 40;
const [APP1, APP2, SOS] = [0xe1, 0xe2, 0xda];
const MAX_PICTURES = 16;
const MAX_FILLER_BYTES = 1 << 16;
/** Samsung's index: its mark, version and count, then 12 bytes a block: type, distance back from the index, length. */
const [SAMSUNG_INDEX_HEAD_BYTES, SAMSUNG_ENTRY_BYTES, SAMSUNG_END_BYTES] = [12, 12, 8];

/**
 * Whether what follows a picture is what its camera keeps with it: a video or further pictures, announced in the
 * picture's metadata or by a maker's mark at the end of the file, and begun like one.
 * @param bytes the whole file
 * @param end where the picture ends
 * @param maxOtherBytes of anything else that may follow them
 */
export function hasKnownCompanion(bytes: Buffer, end: number, maxOtherBytes: number): boolean {
  const samsungStart = startOfSamsungBlocks(bytes, end);
  if (samsungStart !== undefined) return samsungStart - end <= maxOtherBytes;
  const announced = announcedCompanions(bytes.subarray(0, end));
  let [at, knownEnd] = [skipFiller(bytes, end), end];
  for (let pictures = 0; announced.pictures && pictures < MAX_PICTURES && isJpegStart(bytes, at); pictures++) {
    knownEnd = jpegEnd(bytes, at) ?? at;
    at = skipFiller(bytes, knownEnd);
  }
  if (bytes.length - knownEnd <= maxOtherBytes) return true;
  const tail = bytes.toString('latin1', Math.max(at, bytes.length - LIVE_PHOTO_END_BYTES));
  return (announced.video || LIVE_PHOTO_END.test(tail)) && bytes.toString('latin1', at + 4, at + 8) === 'ftyp';
}

function announcedCompanions(picture: Buffer): { readonly video: boolean; readonly pictures: boolean } {
  const found = { video: false, pictures: false };
  for (let at = nextMarker(picture, 2); at >= 0 && at + 4 <= picture.length; at = nextMarker(picture, at)) {
    const marker = picture[at + 1];
    if (marker === SOS) break;
    const start = at + 4;
    at = standsAlone(marker) ? at + 2 : at + 2 + picture.readUInt16BE(at + 2);
    if (marker !== APP1 && marker !== APP2) continue;
    const segment = picture.toString('latin1', start, at);
    found.video ||= VIDEO_MARKS.some((mark) => segment.includes(mark));
    found.pictures ||= PICTURE_MARKS.some((mark) => segment.includes(mark));
  }
  return found;
}

/** Where the first of Samsung's blocks begins, by the index at the end of the file; undefined when there is none. */
function startOfSamsungBlocks(bytes: Buffer, end: number): number | undefined {
  const indexEnd = bytes.length - SAMSUNG_END_BYTES;
  if (indexEnd < end || bytes.toString('latin1', indexEnd + 4) !== 'SEFT') return undefined;
  const index = indexEnd - bytes.readUInt32LE(indexEnd);
  if (index < end || bytes.toString('latin1', index, index + 4) !== 'SEFH') return undefined;
  let first = index;
  for (let at = index + SAMSUNG_INDEX_HEAD_BYTES; at + SAMSUNG_ENTRY_BYTES <= indexEnd; at += SAMSUNG_ENTRY_BYTES) {
    first = Math.min(first, index - bytes.readUInt32LE(at + 4));
  }
  return Math.max(first, end);
}

/** Files behind the first begin at round addresses in some cameras. */
function skipFiller(bytes: Buffer, from: number): number {
  let at = from;
  while (at < from + MAX_FILLER_BYTES && bytes[at] === 0) at++;
  // A video begins with its length, the first bytes of which are blank too.
  const video = bytes.subarray(from, at + 8).indexOf('ftyp', 'latin1');
  return video >= 4 ? from + video - 4 : at;
}

function isJpegStart(bytes: Buffer, at: number): boolean {
  return bytes.toString('hex', at, at + 3) === 'ffd8ff';
}
