import type { MetadataBlocks } from '../metadata-blocks.js';
import type { DeclaredColor } from './color-encoding.js';
import { exifColor } from './exif-color.js';
import { isUsableProfile } from './icc-header.js';
import { pngColor } from './png-color.js';

/**
 * What a photo declares about its colors where the decoder does not look; its own chunks count before its EXIF data.
 * @param foundProfile the profile that the decoder finds, which counts before all but a PNG's cICP chunk
 * @returns undefined when the decoder sees all there is
 * @throws PhotoError `unsupported_format` for colors that are not printed, as HDR
 */
export function declaredColor(
  { pngHead, profiles, exif }: MetadataBlocks,
  foundProfile: Buffer | undefined,
  isGray: boolean,
): DeclaredColor | undefined {
  const chunks = pngHead && pngColor(pngHead);
  if (chunks instanceof Buffer) return foundProfile?.equals(chunks) ? undefined : chunks;
  // A profile that the decoder finds and that is of no use to it yields to the next lower declaration.
  if (chunks !== undefined) return chunks;
  if (foundProfile !== undefined) return undefined;
  const profile = profiles.find((bytes) => isUsableProfile(bytes, isGray ? 'GRAY' : 'RGB '));
  if (profile !== undefined) return profile;
  for (const block of exif) {
    const encoding = exifColor(block);
    if (encoding !== undefined) return encoding;
    if (block.colorSpace !== undefined) return undefined;
  }
  return undefined;
}
