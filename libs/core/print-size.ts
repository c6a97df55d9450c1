import type { PrintWarning } from './render.js';

export interface SizeInPixels {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Exact output pixels of a print of the given inches. */
export function printSizeInPixels(widthInches: number, heightInches: number, dpi: number): SizeInPixels {
  return { widthPx: Math.round(widthInches * dpi), heightPx: Math.round(heightInches * dpi) };
}

const MAX_CROP_SHARE = 0.25;
const MIN_REAL_PPI = 100;

/**
 * What a client should know before printing `photo` (upright, in pixels) at `print` (pixels at `dpi`) with fit=cover:
 * more than a quarter of the picture cropped away, or fewer than 100 real photo pixels to an inch of paper.
 */
export function printWarnings(photo: SizeInPixels, print: SizeInPixels, dpi: number): PrintWarning[] {
  const warnings: PrintWarning[] = [];
  const scale = Math.max(print.widthPx / photo.widthPx, print.heightPx / photo.heightPx);
  const kept = (print.widthPx * print.heightPx) / (scale * scale * photo.widthPx * photo.heightPx);
  if (1 - kept > MAX_CROP_SHARE) {
    warnings.push({
      code: 'heavy_crop',
      message: `The print's shape crops away ${Math.round((1 - kept) * 100)} % of the photo`,
    });
  }
  const ppi = dpi / scale;
  if (ppi < MIN_REAL_PPI) {
    warnings.push({
      code: 'low_resolution',
      message: `The photo gives ${Math.floor(ppi)} real pixels an inch at this size; ${MIN_REAL_PPI} or more are advised`,
    });
  }
  return warnings;
}
