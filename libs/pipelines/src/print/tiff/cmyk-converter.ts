import { loadSharp } from '../load-sharp.js';

/**
 * Mixes the inks for rows of sRGB by the image library's CMYK profile, perceptual intent. Each pixel on its own: the
 * inks do not depend on the rows that are converted together.
 * @param rgb rows * widthPx * 3 bytes
 * @returns rows * widthPx * 4 bytes, 255 for full ink
 */
export type CmykConverter = (rgb: Uint8Array, rows: number) => Promise<Uint8Array>;

export async function cmykConverter(widthPx: number): Promise<CmykConverter> {
  const sharp = await loadSharp();
  return (rgb, rows) => {
    const raw = { width: widthPx, height: rows, channels: 3 } as const;
    return sharp(rgb, { raw }).withIccProfile('cmyk').raw().toBuffer();
  };
}
