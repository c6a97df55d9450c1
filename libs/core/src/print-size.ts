import type { PrintWarning } from './render.js';

export interface SizeInPixels {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Exact output pixels of a print of the given inches. */
export function printSizeInPixels(widthInches: number, heightInches: number, dpi: number): SizeInPixels {
  return { widthPx: Math.round(widthInches * dpi), heightPx: Math.round(heightInches * dpi) };
}

/** Pixels of the smallest print on offer, 9x12 inches at 300 DPI. */
const UNIT_OF_COST_PX = 2700 * 3600;
const MAX_COST = 1_000;

/** What a print costs to render beside the smallest one on offer: a whole number from 1 to 1000. */
export function renderCost({ widthPx, heightPx }: SizeInPixels): number {
  return Math.min(MAX_COST, Math.max(1, Math.round((widthPx * heightPx) / UNIT_OF_COST_PX)));
}

/** How the photo meets a sheet of another shape. Nothing is ever stretched. */
export const FITS = ['cover', 'attention', 'contain', 'mirror-wrap'] as const;
export type Fit = (typeof FITS)[number];

/** Which way the sheet is held: as in its preset, as the photo, or forced. */
export const ORIENTATIONS = ['preset', 'auto', 'portrait', 'landscape'] as const;
export type Orientation = (typeof ORIENTATIONS)[number];

/** How a photo is laid on its sheet. */
export interface PrintLayout {
  /**
   * cover (default): fills the sheet, what overhangs is cut off around the focus. attention: the same around what draws
   * the eye. contain: all of the photo, with a margin. mirror-wrap: cover for a canvas, whose folded edges mirror it.
   */
  readonly fit?: Fit;
  /** What stays in the middle when the photo is cut, as shares 0..1 of its width and height; the center by default. */
  readonly focus?: { readonly x: number; readonly y: number };
  readonly orientation?: Orientation;
}

/** The sheet as it is held for a photo (upright, in pixels). */
export function orientSheet(
  photo: SizeInPixels,
  sheet: SizeInPixels,
  orientation: Orientation = 'preset',
): SizeInPixels {
  const { widthPx, heightPx } = sheet;
  const landscape = orientation === 'landscape' || (orientation === 'auto' && photo.widthPx > photo.heightPx);
  const portrait = orientation === 'portrait' || (orientation === 'auto' && photo.widthPx < photo.heightPx);
  const turn = (landscape && widthPx < heightPx) || (portrait && widthPx > heightPx);
  return turn ? { widthPx: heightPx, heightPx: widthPx } : { widthPx, heightPx };
}

const MAX_CROP_SHARE = 0.25;
const MIN_REAL_PPI = 100;

/** A photo as it is printed: upright. */
export interface PhotoToPrint extends SizeInPixels {
  /** It has transparency and no pixel of it shows. */
  readonly isFullyTransparent?: boolean;
}

/** Warns of what is seen in the photo itself, whatever its print is like. */
export function photoWarnings({ isFullyTransparent }: Pick<PhotoToPrint, 'isFullyTransparent'>): PrintWarning[] {
  return isFullyTransparent
    ? [{ code: 'fully_transparent', message: 'The photo is fully transparent: its print is blank' }]
    : [];
}

/**
 * What a client should know before printing `photo` at `preset` (pixels at `dpi`): more than a quarter of the picture
 * cropped, fewer than 100 real photo pixels to an inch of paper, or nothing to see.
 */
export function printWarnings(
  photo: PhotoToPrint,
  preset: SizeInPixels,
  dpi: number,
  { fit = 'cover', orientation }: PrintLayout = {},
): PrintWarning[] {
  const warnings = photoWarnings(photo);
  const print = orientSheet(photo, preset, orientation);
  const ratios = [print.widthPx / photo.widthPx, print.heightPx / photo.heightPx];
  const scale = fit === 'contain' ? Math.min(...ratios) : Math.max(...ratios);
  const kept =
    fit === 'contain' ? 1 : (print.widthPx * print.heightPx) / (scale * scale * photo.widthPx * photo.heightPx);
  if (1 - kept > MAX_CROP_SHARE) {
    warnings.push({
      code: 'heavy_crop',
      message: `The print's shape crops ${Math.round((1 - kept) * 100)} % of the photo`,
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
