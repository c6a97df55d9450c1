import { isBmpTransparent } from './bmp.js';
import type { PhotoFormat } from './header/index.js';
import { openSource, readHeader } from './photo-source.js';

/** White, less what scaling 16-bit values may round off. */
const LEAST_WHITE = 254;

/**
 * Whether a photo has transparency and no pixel of it shows, so that its print is blank.
 * @param onWhite pixels of the photo laid on white: only when all of them are white is its transparency decoded
 */
export async function isFullyTransparent(path: string, format: PhotoFormat, onWhite: Uint8Array): Promise<boolean> {
  if (!onWhite.every((value) => value >= LEAST_WHITE)) return false;
  if (format === 'BMP') return isBmpTransparent(path);
  const { hasAlpha } = await readHeader(path, format);
  if (!hasAlpha) return false;
  const image = await openSource(path, format, 'proof');
  const alpha = await image.extractChannel('alpha').raw({ depth: 'uchar' }).toBuffer();
  return alpha.every((value) => value === 0);
}
