import { deflateSync } from 'node:zlib';
import { exifBlock } from './exif.js';
import type { NativeFormat } from './header/index.js';
import { jpegWithExif, jpegWithProfile } from './jpeg-segments.js';
import { withPngChunks } from './png-chunks.js';
import { type TiffPlace, withTiffEntries } from './tiff-entries.js';
import { withWebpChunks } from './webp-chunks.js';

/** What is put into a copy of a photo, where the decoder looks for it. */
export interface EmbeddedMetadata {
  readonly orientation?: number;
  readonly profile?: Buffer;
}

/** A copy of a photo that has this metadata instead of what it has of these kinds; the photo itself when it has no room for it. */
export function withMetadata(
  bytes: Buffer,
  format: NativeFormat,
  metadata: EmbeddedMetadata,
  tiff?: TiffPlace,
): Buffer {
  return EMBEDDERS[format](bytes, metadata, tiff);
}

const EMBEDDERS: Readonly<
  Record<NativeFormat, (bytes: Buffer, metadata: EmbeddedMetadata, tiff?: TiffPlace) => Buffer>
> = {
  JPEG: (bytes, { orientation, profile }) => {
    const turned = orientation === undefined ? bytes : jpegWithExif(bytes, exifBlock(orientation));
    return profile === undefined ? turned : jpegWithProfile(turned, profile);
  },
  PNG: pngWithMetadata,
  TIFF: (bytes, { orientation, profile }, tiff) =>
    withTiffEntries(
      bytes,
      [
        ...(orientation === undefined ? [] : [{ tag: 274, type: 'short' as const, data: Buffer.of(orientation) }]),
        ...(profile === undefined ? [] : [{ tag: 34_675, type: 'undefined' as const, data: profile }]),
      ],
      tiff,
    ),
  WEBP: (bytes, { orientation, profile }) =>
    withWebpChunks(bytes, {
      EXIF: orientation === undefined ? undefined : exifBlock(orientation),
      ICCP: profile,
    }),
};

/** Chunks that the decoder would heed, or that would keep it from heeding the profile. */
const COLOR_CHUNKS = ['cICP', 'iCCP', 'sRGB', 'gAMA', 'cHRM'];
const PROFILE_NAME = 'photo\0\0';

function pngWithMetadata(bytes: Buffer, { orientation, profile }: EmbeddedMetadata): Buffer {
  const added = [];
  if (profile !== undefined) {
    const data = Buffer.concat([Buffer.from(PROFILE_NAME, 'latin1'), deflateSync(profile)]);
    added.push({ type: 'iCCP', data });
  }
  if (orientation !== undefined) added.push({ type: 'eXIf', data: exifBlock(orientation) });
  const dropped = [...(profile === undefined ? [] : COLOR_CHUNKS), ...(orientation === undefined ? [] : ['eXIf'])];
  return withPngChunks(bytes, added, dropped);
}
