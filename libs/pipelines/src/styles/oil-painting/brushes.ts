import { detCbrt } from '../../fields/deterministic-math.js';
import type { PrintGeometry } from '../../geometry.js';
import type { OilPaintingSettings } from './settings.js';

const STEPS_PER_WIDTH = 4;
/** Grid step of the seeds in brush widths. */
const SPACING = 0.6;
const BARE_SPACING = 0.4;
/** A color error that only bare canvas reaches. */
const BARE = 0.7;

/** One brush and what it is for; lengths in working pixels. */
export interface Brush {
  readonly width: number;
  /** Grid step of the seeds. */
  readonly step: number;
  /** 0 for the first layer, 1 for the last. */
  readonly fineness: number;
  readonly layer: number;
  /** Only where no layer before has painted. */
  readonly bareOnly: boolean;
}

/**
 * Widths in equal ratios from the broadest to the finest, which goes over the picture once more for the places that are
 * still bare.
 */
export function brushesOf(
  { brushMm, detailMm, layers }: OilPaintingSettings,
  { workingPerMm }: PrintGeometry,
): Brush[] {
  const ratio = detCbrt(Math.min(brushMm, detailMm) / brushMm, layers - 1);
  const brushes: Brush[] = [];
  for (let layer = 0, ideal = brushMm * workingPerMm; layer < layers; layer++, ideal *= ratio) {
    const width = Math.max(1.5, ideal);
    brushes.push({ width, step: width * SPACING, fineness: layer / (layers - 1), layer, bareOnly: false });
  }
  const finest = brushes[layers - 1];
  return [...brushes, { ...finest, step: finest.width * BARE_SPACING, layer: layers, bareOnly: true }];
}

/** How a layer's strokes are placed. @param scale reference pixels per working pixel */
export function manner(
  { width, step, fineness, layer, bareOnly }: Brush,
  { detail, strokeLength, variation, brushMm }: OilPaintingSettings,
  { workingPerMm, workingPerPxX, workingPerPxY }: PrintGeometry,
  scale: number,
) {
  const sensitive = (0.24 - 0.16 * detail) * (1 - 0.25 * fineness);
  const error = bareOnly ? BARE : layer === 0 ? 0 : sensitive;
  const along = 0.2 - 0.06 * fineness;
  const side = 0.2 - 0.04 * fineness;
  const share = width / (brushMm * workingPerMm);
  return {
    half: width / 2,
    step,
    leastError: error * error,
    alongTolerance: along * along,
    sideTolerance: side * side,
    reach: (strokeLength * STEPS_PER_WIDTH) / 2,
    angleJitter: 0.1 + 0.6 * variation,
    colorJitter: 0.16 * variation * (1 - 0.5 * fineness),
    turn: 0.7,
    narrowest: fineness < 1 ? 0.6 : 0.5,
    thickness: 0.15 + 0.85 * Math.sqrt(share),
    scale,
    pxX: 1 / workingPerPxX,
    pxY: 1 / workingPerPxY,
    fewestSteps: fineness < 1 ? 5 : 4,
    sureSteps: fineness < 1 ? 0 : 2,
  };
}
