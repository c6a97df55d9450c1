import { RenderError } from '#core';

/** Longest side of the image on which a style analyzes the photo, in pixels. */
const WORKING_LONG_SIDE_PX = 1600;

/** The sheet on which lengths given in millimeters are meant literally: 12 inches on its longer side. */
const REFERENCE_LONG_SIDE_MM = 12 * 25.4;

/** Sizes of one picture in print and of the working image behind it, and the way between them. */
export interface PrintGeometry {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly dpi: number;
  readonly workingWidth: number;
  readonly workingHeight: number;
  /** Working pixels per print pixel, at most 1, along x and y (they differ by rounding only). */
  readonly workingPerPxX: number;
  readonly workingPerPxY: number;
  /** Print pixels per millimeter of a setting. Lengths grow with the sheet, so that every size shows the same picture. */
  readonly pxPerMm: number;
  /** Print pixels per millimeter of paper, for texture that belongs to the sheet and not to the picture. */
  readonly pxPerSheetMm: number;
  /** Working pixels per millimeter of a setting. */
  readonly workingPerMm: number;
  /** Size of the working image in relation to the usual one; reaches given in working pixels are multiplied with it. */
  readonly workingScale: number;
}

/** Where a picture lies on its sheet. */
export interface PrintFrame {
  /** Of the sheet. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly dpi: number;
  /** Of the picture's upper left corner. */
  readonly leftPx: number;
  readonly topPx: number;
  /** RGB of what the picture leaves bare. */
  readonly background: readonly [number, number, number];
}

/**
 * @param widthPx of the picture, 1..30000
 * @param heightPx of the picture, 1..30000
 * @param dpi 1..2400
 * @param sheetLongSidePx longer side of the sheet that the picture lies on
 * @throws RenderError `internal` when a value is not a whole number in its range
 */
export function printGeometry(
  widthPx: number,
  heightPx: number,
  dpi: number,
  sheetLongSidePx = Math.max(widthPx, heightPx),
): PrintGeometry {
  const sane = isWithin(widthPx, 1, 30_000) && isWithin(heightPx, 1, 30_000) && isWithin(dpi, 1, 2400);
  if (!sane) throw new RenderError('internal', `Impossible print size ${widthPx}x${heightPx} at ${dpi} dpi`);
  const longSide = Math.max(widthPx, heightPx);
  const scale = Math.min(1, WORKING_LONG_SIDE_PX / longSide);
  const workingWidth = Math.max(1, Math.round(widthPx * scale));
  const workingHeight = Math.max(1, Math.round(heightPx * scale));
  const pxPerMm = sheetLongSidePx / REFERENCE_LONG_SIDE_MM;
  return {
    widthPx,
    heightPx,
    dpi,
    workingWidth,
    workingHeight,
    workingPerPxX: workingWidth / widthPx,
    workingPerPxY: workingHeight / heightPx,
    pxPerMm,
    pxPerSheetMm: dpi / 25.4,
    workingPerMm: (pxPerMm * Math.max(workingWidth, workingHeight)) / longSide,
    workingScale: Math.max(workingWidth, workingHeight) / WORKING_LONG_SIDE_PX,
  };
}

function isWithin(value: number, low: number, high: number): boolean {
  return Number.isInteger(value) && value >= low && value <= high;
}
