import { readFile } from 'node:fs/promises';
import type { Metadata, SharpOptions } from 'sharp';
import type { ColorEncoding, DeclaredColor } from './color/color-encoding.js';
import { declaredColor } from './color/declared-color.js';
import { profileOf } from './color/profile-writer.js';
import { withMetadata } from './embed-metadata.js';
import type { NativeFormat } from './formats.js';
import { declaredOrientation, readMetadataBlocks } from './metadata-blocks.js';
import type { TiffPlace } from './tiff-entries.js';
import { grayPngAsRgb } from './png-gray.js';

/** What a photo declares where the native decoder does not look. */
export interface OverlookedMetadata {
  /** 2 to 8. */
  readonly orientation?: number;
  readonly color?: DeclaredColor;
}

/** A photo with everything it declares put where the decoder looks. */
export interface CompletedSource {
  readonly input: string | Buffer;
  readonly options: Pick<SharpOptions, 'ignoreIcc'>;
  /** One that the decoder overlooks in the file itself. */
  readonly orientation?: number;
  /** Whether 16-bit numbers must be brought to 8 bits before the profile is applied. */
  readonly reducesDepthFirst: boolean;
}

/**
 * @param found what the decoder found in the file's header
 * @throws PhotoError `unsupported_format` for colors that are not printed, as HDR
 */
export async function overlookedMetadata(
  path: string,
  format: NativeFormat,
  found: Metadata,
): Promise<OverlookedMetadata> {
  const blocks = await readMetadataBlocks(path, format, found);
  const isTurned = (orientation: number | undefined): boolean => orientation !== undefined && orientation > 1;
  const declared = isTurned(found.orientation) ? undefined : declaredOrientation(blocks);
  return {
    ...(isTurned(declared) ? { orientation: declared } : {}),
    color: declaredColor(blocks, found.icc, isGray(found)),
  };
}

/**
 * @param input the file's path, or its bytes with slips put right
 * @throws PhotoError as {@link overlookedMetadata}; `corrupt_photo`
 */
export async function completeSource(
  input: string | Buffer,
  path: string,
  format: NativeFormat,
  found: Metadata,
  tiff?: TiffPlace,
): Promise<CompletedSource> {
  const { orientation, color } = await overlookedMetadata(path, format, found);
  const isDeclaredGray = format === 'PNG' && isGray(found) && isEncoding(color);
  const space = isDeclaredGray ? { 'b-w': 'srgb', grey16: 'rgb16' }[found.space as 'b-w' | 'grey16'] : found.space;
  const profile = profileFor(color, space);
  const isComplete = orientation === undefined && profile === undefined;
  const bytes = isComplete ? undefined : typeof input === 'string' ? await readFile(path) : input;
  const colored = bytes && isDeclaredGray ? await grayPngAsRgb(bytes) : bytes;
  const isProfiled = color !== 'srgb' && (profile ?? found.icc) !== undefined;
  return {
    input: colored ? withMetadata(colored, format, { orientation, profile }, tiff) : input,
    orientation,
    options: color === 'srgb' ? { ignoreIcc: true } : {},
    reducesDepthFirst: isProfiled && (space === 'grey16' || (space === 'rgb16' && !isEncoding(color))),
  };
}

/** A photo with nothing but what the decoder sees in it. */
export function storedSource(input: string | Buffer, { icc, space }: Metadata): CompletedSource {
  return { input, options: {}, reducesDepthFirst: icc !== undefined && (space === 'rgb16' || space === 'grey16') };
}

function isEncoding(color: DeclaredColor | undefined): color is ColorEncoding {
  return color !== undefined && color !== 'srgb' && !Buffer.isBuffer(color);
}

function profileFor(color: DeclaredColor | undefined, space: string): Buffer | undefined {
  if (Buffer.isBuffer(color)) return color;
  const kinds: Readonly<Record<string, 'GRAY' | 'RGB' | 'RGB16'>> = {
    'b-w': 'GRAY',
    grey16: 'GRAY',
    srgb: 'RGB',
    rgb16: 'RGB16',
  };
  return isEncoding(color) && kinds[space] !== undefined ? profileOf(color, kinds[space]) : undefined;
}

function isGray({ space }: Metadata): boolean {
  return space === 'b-w' || space === 'grey16';
}
