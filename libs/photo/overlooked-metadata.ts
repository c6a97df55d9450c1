import { readFile } from 'node:fs/promises';
import type { Metadata, SharpOptions } from 'sharp';
import type { DeclaredColor } from './color/color-encoding.js';
import { declaredColor } from './color/declared-color.js';
import { profileOf } from './color/profile-writer.js';
import { type EmbeddedMetadata, withMetadata } from './embed-metadata.js';
import type { NativeFormat } from './formats.js';
import { declaredOrientation, readMetadataBlocks } from './metadata-blocks.js';

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

/** @param input the file's path, or its bytes with slips put right */
export async function completeSource(
  input: string | Buffer,
  path: string,
  format: NativeFormat,
  found: Metadata,
): Promise<CompletedSource> {
  const { orientation, color } = await overlookedMetadata(path, format, found);
  const profile = profileFor(color, found);
  const metadata: EmbeddedMetadata = { orientation, profile };
  const isComplete = orientation === undefined && profile === undefined;
  const bytes = isComplete ? undefined : typeof input === 'string' ? await readFile(path) : input;
  const hasProfile = Buffer.isBuffer(color) || (color === undefined && found.icc !== undefined);
  return {
    input: bytes ? withMetadata(bytes, format, metadata) : input,
    options: color === 'srgb' ? { ignoreIcc: true } : {},
    // Greys of 16 bits are not brought through a profile at all.
    reducesDepthFirst:
      (hasProfile && found.space === 'rgb16') || ((profile ?? found.icc) !== undefined && found.space === 'grey16'),
  };
}

function profileFor(color: DeclaredColor | undefined, found: Metadata): Buffer | undefined {
  if (color === undefined || color === 'srgb') return undefined;
  if (Buffer.isBuffer(color)) return color;
  if (isGray(found)) return profileOf(color, 'GRAY');
  if (found.space === 'rgb16') return profileOf(color, 'RGB16');
  return found.space === 'srgb' ? profileOf(color, 'RGB') : undefined;
}

function isGray({ space }: Metadata): boolean {
  return space === 'b-w' || space === 'grey16';
}
