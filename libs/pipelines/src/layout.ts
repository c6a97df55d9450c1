import { orientSheet, type PrintLayout, RenderError } from '#core';
import type { PhotoCrop } from '#photo';
import { printGeometry, type PrintFrame, type PrintGeometry } from './geometry.js';

/** The sheet to print on and how the photo is laid on it. */
export interface SheetOptions extends PrintLayout {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly dpi: number;
  /** RGB of the margin around a contained photo; white by default. */
  readonly background?: readonly [number, number, number];
  /** Width of a canvas's folded edges in millimeters of the sheet, for mirror-wrap; 38 by default. */
  readonly wrapMm?: number;
}

const DEFAULT_WRAP_MM = 38;

/** A photo's way onto the sheet. */
export interface Layout {
  readonly frame: PrintFrame;
  readonly geometry: PrintGeometry;
  /** How to read the photo at working size. */
  readonly crop: PhotoCrop;
}

/**
 * @param photo upright size in pixels
 * @throws RenderError `internal` for impossible sizes
 */
export function computeLayout(
  photo: { readonly width: number; readonly height: number },
  options: SheetOptions,
): Layout {
  const upright = { widthPx: photo.width, heightPx: photo.height };
  const { widthPx, heightPx } = orientSheet(upright, options, options.orientation);
  const { dpi, fit = 'cover', focus = { x: 0.5, y: 0.5 } } = options;
  const frame = { widthPx, heightPx, dpi, leftPx: 0, topPx: 0, background: options.background ?? WHITE };
  if (fit === 'contain') return contain(photo, frame);
  const geometry = printGeometry(widthPx, heightPx, dpi);
  const { workingWidth: width, workingHeight: height } = geometry;
  if (fit === 'attention') return { frame, geometry, crop: { width, height, focus: 'attention' } };
  if (fit === 'cover') return { frame, geometry, crop: { width, height, focus } };
  const wrap = Math.round(((options.wrapMm ?? DEFAULT_WRAP_MM) * dpi * geometry.workingPerPxX) / 25.4);
  if (wrap * 3 >= Math.min(width, height)) {
    throw new RenderError(
      'invalid_layout',
      `wrapMm: folded edges of ${options.wrapMm ?? DEFAULT_WRAP_MM} mm leave too little of the sheet`,
    );
  }
  return { frame, geometry, crop: { width, height, focus, mirroredEdge: wrap } };
}

const WHITE = [255, 255, 255] as const;

function contain(photo: { width: number; height: number }, sheet: PrintFrame): Layout {
  const scale = Math.min(sheet.widthPx / photo.width, sheet.heightPx / photo.height);
  const widthPx = Math.min(sheet.widthPx, Math.max(1, Math.round(photo.width * scale)));
  const heightPx = Math.min(sheet.heightPx, Math.max(1, Math.round(photo.height * scale)));
  const frame = {
    ...sheet,
    leftPx: Math.floor((sheet.widthPx - widthPx) / 2),
    topPx: Math.floor((sheet.heightPx - heightPx) / 2),
  };
  const geometry = printGeometry(widthPx, heightPx, sheet.dpi, Math.max(sheet.widthPx, sheet.heightPx));
  const { workingWidth: width, workingHeight: height } = geometry;
  const crop = { width, height, focus: { x: 0.5, y: 0.5 }, uncut: true };
  return { frame, geometry, crop };
}
