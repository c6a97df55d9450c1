import { endOfScan, nextMarker, standsAlone } from './jpeg-markers.js';

const [EOI, SOS] = [0xd9, 0xda];

/**
 * Where a JPEG's picture ends: behind the end mark of the first one, which is the one that is decoded.
 * @param start where the JPEG begins
 * @returns undefined when it has no end mark
 */
export function jpegEnd(bytes: Buffer, start = 0): number | undefined {
  for (let at = start + 2; ;) {
    const markerAt = nextMarker(bytes, at);
    if (markerAt < 0) return undefined;
    const marker = bytes[markerAt + 1];
    at = markerAt + 2;
    if (marker === EOI) return at;
    if (standsAlone(marker)) continue;
    if (at + 2 > bytes.length) return undefined;
    at += bytes.readUInt16BE(at);
    if (marker === SOS) at = endOfScan(bytes, at);
  }
}
