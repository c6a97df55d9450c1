import type { TObject } from '@sinclair/typebox';
import type { RgbImage } from '#photo';
import type { PrintGeometry } from './geometry.js';

/** Paints any rows of the print from what the analysis found. Every pixel depends on its absolute position alone. */
export interface Painter {
  /**
   * @param y0 first row, 0 is the top
   * @param rows how many
   * @param out RGB interleaved, at least rows * widthPx * 3 bytes, filled from its start
   */
  paint(y0: number, rows: number, out: Uint8Array): void;
}

/** Awaited by an analysis between its steps, so that a cancelled render stops early: it then throws. */
export type Checkpoint = () => Promise<void>;

/** A style: an analysis of the whole photo at working size, and a painter of rows at print size. */
export interface Pipeline<S> {
  readonly slug: string;
  /** Changes whenever the same photo and settings may give other pixels. */
  readonly version: string;
  readonly settingsSchema: TObject;
  analyse(image: RgbImage, settings: S, geometry: PrintGeometry, checkpoint: Checkpoint): Promise<Painter>;
}
