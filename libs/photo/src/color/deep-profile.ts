import { needsAllBits } from './coarse-steps.js';
import { inverse, type Matrix, multiplied } from './colorimetry.js';
import { connectionSpace, isUsableProfile, isWithoutTables, profileTags } from './icc-header.js';
import { toneCurve } from './tone-curve.js';

/** Colorants of the two profiles that come with libvips, as rows X, Y, Z, adapted to D50. */
const SRGB: Matrix = [
  [0.43604, 0.3851, 0.14307],
  [0.22244, 0.71693, 0.06062],
  [0.0139, 0.09708, 0.71393],
];
const DISPLAY_P3: Matrix = [
  [0.51512, 0.29198, 0.1571],
  [0.2412, 0.69225, 0.06656],
  [0, 0.04182, 0.78308],
];
const CHANNELS = ['r', 'g', 'b'];
/** Numbers with 16 bits behind the point. */
const VALUE = 65_536;

/**
 * A color profile under which sharp gets 16-bit colors right. It converts them to Display P3 and then takes the numbers for sRGB, so
 * the colorants are moved by the difference of the two. Only for profiles close to linear light, whose shadows 8 bits would lose: of
 * 16 bits, Little CMS interpolates in a grid, and is off by up to 10 of 255 at the edge of the gamut.
 * @param profile of an RGB picture
 * @returns a profile of the same length; undefined for other curves, or for one that is more than curves and colorants
 */
export function profileForDeepColors(profile: Buffer): Buffer | undefined {
  if (!isUsableProfile(profile, 'RGB ') || connectionSpace(profile) !== 'XYZ ' || !isWithoutTables(profile)) {
    return undefined;
  }
  const tags = profileTags(profile);
  const places = CHANNELS.map((channel) => tags.get(`${channel}XYZ`)).filter((place) => place && place.length >= 20);
  const curves = CHANNELS.map((channel) => toneCurve(profile, `${channel}TRC`));
  if (places.length < 3 || !curves.some((curve) => curve && needsAllBits(curve))) return undefined;
  const moved = Buffer.from(profile);
  const toSrgb = multiplied(DISPLAY_P3, inverse(SRGB)!);
  for (const { at } of places as { at: number }[]) {
    const color = [0, 1, 2].map((i) => profile.readInt32BE(at + 8 + 4 * i) / VALUE);
    toSrgb.forEach((row, i) => {
      const value = row[0] * color[0] + row[1] * color[1] + row[2] * color[2];
      moved.writeInt32BE(Math.round(value * VALUE), at + 8 + 4 * i);
    });
  }
  return moved;
}
