import { readFile } from 'node:fs/promises';
import sharp, { type Metadata, type Sharp, type SharpOptions } from 'sharp';
import { defaultPressProfile } from './default-press-profile.js';
import { withMetadata } from './embed-metadata.js';
import { MAX_PHOTO_SIDE_PX, type NativeFormat } from './header/index.js';
import { graysToSrgb } from './gray-light.js';
import { examineJpeg } from './jpeg-markers.js';
import { completeSource, storedSource } from './overlooked-metadata.js';
import { corruptPhoto } from './photo-errors.js';
import { neutralizeDeepestBlack } from './press-profile.js';
import { type TiffSource, tiffSource, withoutExtraSamples } from './tiff/tiff-source.js';

/** Most channels of a photo: four of CMYK and one of transparency. */
export const MAX_PHOTO_CHANNELS = 5;

/** What the native decoder is given: the file itself, or its bytes with slips put right. */
interface PhotoSource {
  readonly input: string | Buffer;
  readonly options: SharpOptions;
  /** Set for a TIFF alone. */
  readonly tiff?: TiffSource;
}

/** How a header is read: size limits are checked by our own code, and no pixel is decoded. */
const HEADER_READ = {
  failOn: 'error',
  page: 0,
  pages: 1,
  limitInputPixels: false,
  limitInputChannels: false,
} as const;

const PIXEL_READ = {
  sequentialRead: true,
  page: 0,
  pages: 1,
  limitInputPixels: MAX_PHOTO_SIDE_PX ** 2,
  limitInputChannels: MAX_PHOTO_CHANNELS,
  unlimited: false,
} as const;

/**
 * A photo ready to be decoded without mercy on damage: one page, row by row. The decoders of PNG, TIFF and WEBP call damage
 * an error and warn of odd labels only. That of JPEG merely warns of lost pixels too: there, any warning counts, and what is
 * harmless is put right beforehand.
 * @param purpose to prove a photo whole, colors and orientation that only we read are left out: they cost time and change nothing
 * @throws PhotoError `corrupt_photo` when the file lacks the end its format prescribes
 */
export async function openSource(
  path: string,
  format: NativeFormat,
  purpose: 'print' | 'proof' = 'print',
): Promise<Sharp> {
  const source = await photoSource(path, format);
  const { tiff } = source;
  const metadata = await headerOf(path, tiff);
  const { reducesDepthFirst, orientation, toLight, ...complete } = await (purpose === 'print'
    ? completeSource(source.input, path, format, metadata, tiff)
    : storedSource(source.input, metadata));
  const input = await withFairProfile({ ...source, input: complete.input }, path, format, metadata);
  const image = sharp(input, { ...source.options, ...complete.options });
  const hasIgnoredSamples = tiff?.hasIgnoredSamples === true;
  const turn = orientation ?? metadata.orientation ?? 1;
  if (toLight !== undefined) {
    const hasAlpha = metadata.hasAlpha && !hasIgnoredSamples;
    return graysToSrgb(image, { toLight, isDeep: metadata.space === 'grey16', hasAlpha, orientation: turn });
  }
  // Of 16 bits, colors with a profile would be converted to P3 and then taken for sRGB, grays would not be converted at all.
  if (reducesDepthFirst) image.pipelineColourspace(metadata.space === 'grey16' ? 'b-w' : 'srgb');
  return hasIgnoredSamples ? withoutExtraSamples(image, orientation ?? tiff?.orientation ?? 1) : image;
}

/** What the native decoder finds in a photo's header. */
export interface PhotoHeader {
  readonly header: Metadata;
  /** Whether what the decoder takes for transparency is that. */
  readonly hasAlpha: boolean;
}

/**
 * @throws PhotoError when a TIFF is not acceptable; the decoder's own error when it cannot read the header
 */
export async function readHeader(path: string, format: NativeFormat): Promise<PhotoHeader> {
  const tiff = format === 'TIFF' ? await tiffSource(path) : undefined;
  const header = await headerOf(path, tiff);
  return { header, hasAlpha: header.hasAlpha && tiff?.hasIgnoredSamples !== true };
}

function headerOf(path: string, tiff?: TiffSource): Promise<Metadata> {
  return sharp(tiff?.input ?? path, { ...HEADER_READ, ...tiff?.page }).metadata();
}

/** A CMYK photo with a profile that the decoder's color library reads right; any other photo as it is. */
async function withFairProfile(
  { input, tiff }: PhotoSource,
  path: string,
  format: NativeFormat,
  { space, icc }: Metadata,
): Promise<string | Buffer> {
  if (space !== 'cmyk' || (format !== 'JPEG' && format !== 'TIFF')) return input;
  const profile = icc ?? (await defaultPressProfile());
  const stored = typeof input === 'string' ? await readFile(path) : input;
  const bytes = icc ? stored : withMetadata(stored, format, { profile }, tiff);
  return neutralizeDeepestBlack(bytes, format, profile) ? bytes : input;
}

async function photoSource(path: string, format: NativeFormat): Promise<PhotoSource> {
  if (format === 'TIFF') {
    const tiff = await tiffSource(path);
    return { input: tiff.input, options: { ...PIXEL_READ, ...tiff.page, failOn: 'error' }, tiff };
  }
  const bytes = await readFile(path);
  if (format === 'JPEG') {
    const { hasEnd, repaired } = examineJpeg(bytes);
    if (!hasEnd) throw corruptPhoto('JPEG file has no end mark');
    return { input: repaired ?? path, options: { ...PIXEL_READ, failOn: 'warning' } };
  }
  // Decoders stop at the last pixel and do not miss what is cut off behind it.
  if (!(format === 'PNG' ? pngHasEnd(bytes) : webpHasEnd(bytes))) throw corruptPhoto(`${format} file is cut short`);
  return { input: path, options: { ...PIXEL_READ, failOn: 'error' } };
}

/** Upright, sRGB with the embedded profile honored, transparency on white. */
export function toUprightSrgb(image: Sharp): Sharp {
  return image.autoOrient().flatten({ background: '#ffffff' }).toColourspace('srgb');
}

function pngHasEnd(bytes: Buffer): boolean {
  for (let at = 8; at + 12 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    if (bytes.toString('latin1', at + 4, at + 8) === 'IEND') return true;
  }
  return false;
}

function webpHasEnd(bytes: Buffer): boolean {
  return bytes.length >= 12 && bytes.length >= bytes.readUInt32LE(4) + 8;
}
