import type { TObject } from '@sinclair/typebox';
import type { Address } from './engine/arena.js';
import type { ThreadContext } from './engine/thread-context.js';
import type { RenderSession } from './engine/render-session.js';
import type { PrintGeometry } from './geometry.js';

/** The photo at working size in the shared memory: RGB interleaved, 8 bits, sRGB. */
export interface WorkingPhoto {
  readonly width: number;
  readonly height: number;
  readonly rgb: Address;
}

/** Paints any rows of the print from a plan. Every pixel depends on its absolute position alone. */
export interface Painter {
  /**
   * @param y0 first row, 0 is the top
   * @param rows how many
   * @param out RGB interleaved, rows * widthPx * 3 bytes
   */
  paint(y0: number, rows: number, out: Address): void;
}

/** How the catalogue presents a style. */
export type CatalogueEntry = {
  /** UUID, fixed for ever and alike in every deployment: other services may hard-code it. */
  readonly id: string;
  readonly name: string;
  readonly description: string;
};

/**
 * A style: an analysis of the whole photo at working size; its painter of rows at print size is a {@link PainterModule}.
 * `S` are its settings, `P` the plan that the analysis hands to the painting threads: plain data and addresses of fields
 * in the shared memory.
 */
export interface Style<S = Record<string, unknown>, P = unknown> {
  readonly slug: string;
  /** Changes whenever the same photo and settings may produce other pixels. */
  readonly version: string;
  /** The style's row in the catalogue of every deployment. */
  readonly catalogue: CatalogueEntry;
  /**
   * Hash of the pixels of its golden print, which every machine must reproduce. Printed by
   * `pop-render determinism --style SLUG`; changes only together with the version.
   */
  readonly goldenPixels: string;
  readonly settingsSchema: TObject;
  /** Named sets of settings that differ from the defaults. */
  readonly variants: Readonly<Record<string, Partial<S>>>;
  /** Runs once, on the main thread; rows of work go to the threads by {@link RenderSession.parallelRows}. */
  analyze(photo: WorkingPhoto, settings: S, geometry: PrintGeometry, session: RenderSession): Promise<P>;
}

/**
 * What `painter.ts` in a style's folder exports: the half of the style that the painting threads load, without the
 * settings' schema and the analysis, whose packages would take longer to load than a small print to paint.
 */
export interface PainterModule<P = unknown> {
  readonly createPainter: (plan: P, geometry: PrintGeometry, context: ThreadContext) => Painter;
}
