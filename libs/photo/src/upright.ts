import type { Sharp } from 'sharp';

/** Flips and turns, in this order, by which a picture of an Orientation stands upright. */
const UPRIGHT: Readonly<Record<number, { flip?: true; flop?: true; angle?: number }>> = {
  2: { flop: true },
  3: { angle: 180 },
  4: { flip: true },
  5: { flip: true, angle: 90 },
  6: { angle: 90 },
  7: { flip: true, angle: 270 },
  8: { angle: 270 },
};

/** A picture set upright whose file does not declare its orientation, or no longer does. */
export function setUpright(image: Sharp, orientation: number): Sharp {
  const { flip = false, flop = false, angle = 0 } = UPRIGHT[orientation] ?? {};
  return image.flip(flip).flop(flop).rotate(angle);
}
