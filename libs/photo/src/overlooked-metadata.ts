import { readFile } from 'node:fs/promises';
import type { Metadata, SharpOptions } from 'sharp';
import { needsAllBits, needsWholeCurve } from './color/coarse-steps.js';
import type { ColorEncoding, DeclaredColor } from './color/color-encoding.js';
import { declaredColor } from './color/declared-color.js';
import { profileForDeepColors } from './color/deep-profile.js';
import { profileOf } from './color/profile-writer.js';
import { grayCurve } from './color/tone-curve.js';
import type { TransferFunction } from './color/transfer.js';
import { withMetadata } from './embed-metadata.js';
import type { NativeFormat } from './header/index.js';
import { declaredOrientation, readMetadataBlocks } from './metadata-blocks.js';
import type { TiffPlace } from './tiff-entries.js';

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
  /** For a gray photo that must be decoded without its profile: the light (0..1) of a gray (0..1). */
  readonly toLight?: TransferFunction;
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
  const toLight = isGray(found) ? grayToLight(color, found) : undefined;
  if (toLight !== undefined) {
    return { input, orientation, options: { ignoreIcc: true }, toLight, reducesDepthFirst: false };
  }
  const embedded = Buffer.isBuffer(color) ? color : color === undefined ? found.icc : undefined;
  const deep = embedded && found.space === 'rgb16' ? profileForDeepColors(embedded) : undefined;
  const profile = deep ?? profileFor(color, found.space);
  const isComplete = orientation === undefined && profile === undefined;
  const bytes = isComplete ? undefined : typeof input === 'string' ? await readFile(path) : input;
  const isReduced = found.space === 'grey16' || (found.space === 'rgb16' && deep === undefined && !isEncoding(color));
  return {
    input: bytes ? withMetadata(bytes, format, { orientation, profile }, tiff) : input,
    orientation,
    options: color === 'srgb' ? { ignoreIcc: true } : {},
    reducesDepthFirst: isReduced && color !== 'srgb' && (profile ?? found.icc) !== undefined,
  };
}

/** The curve of a gray photo, where it is bent too much for what the decoder would make of it. */
function grayToLight(color: DeclaredColor | undefined, { icc, space }: Metadata): TransferFunction | undefined {
  const curve = isEncoding(color) ? grayOf(color) : color === 'srgb' ? undefined : embeddedCurve(color ?? icc);
  const isNeeded = curve && (needsWholeCurve(curve) || (space === 'grey16' && needsAllBits(curve)));
  return isNeeded ? curve : undefined;
}

function embeddedCurve(profile: Buffer | undefined): TransferFunction | undefined {
  return profile && grayCurve(profile);
}

function grayOf({ transfer }: ColorEncoding): TransferFunction {
  return typeof transfer === 'function' ? transfer : transfer[1];
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
