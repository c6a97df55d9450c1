import { connectionSpace, isUsableProfile, isWithoutTables, profileTags } from './icc-header.js';
import { linearLight, powerLaw, type TransferFunction } from './transfer.js';

/** Numbers with 16 bits behind the point. */
const VALUE = 65_536;

/** Which of the seven parameters (g, a, b, c, d, e, f) each type of parametric curve has (ICC.1:2022, table 68). */
const PARAMETERS = [1, 3, 4, 5, 7];

/**
 * The curve in a tag of an ICC profile: `curv` or `para`.
 * @returns undefined where there is none that can be read
 */
export function toneCurve(profile: Buffer, name: string): TransferFunction | undefined {
  const place = profileTags(profile).get(name);
  const tag = place && profile.subarray(place.at, place.at + place.length);
  if (tag === undefined || tag.length < 12) return undefined;
  const type = tag.toString('latin1', 0, 4);
  return type === 'curv' ? storedCurve(tag) : type === 'para' ? parametricCurve(tag) : undefined;
}

function storedCurve(tag: Buffer): TransferFunction | undefined {
  const count = tag.readUInt32BE(8);
  if (12 + 2 * count > tag.length) return undefined;
  if (count === 0) return linearLight;
  if (count === 1) return powerLaw(tag.readUInt16BE(12) / 256);
  const entry = (i: number): number => tag.readUInt16BE(12 + 2 * i) / 65_535;
  return (value) => {
    const place = Math.min(1, Math.max(0, value)) * (count - 1);
    const below = Math.min(count - 2, Math.floor(place));
    return entry(below) + (place - below) * (entry(below + 1) - entry(below));
  };
}

function parametricCurve(tag: Buffer): TransferFunction | undefined {
  const type = tag.readUInt16BE(8);
  const count = PARAMETERS[type];
  if (count === undefined || tag.length < 12 + 4 * count) return undefined;
  const read = Array.from({ length: count }, (_, i) => tag.readInt32BE(12 + 4 * i) / VALUE);
  const [g, a = 1, b = 0] = read;
  const power = (value: number): number => Math.max(0, a * value + b) ** g;
  const [c, d, e, f] = type === 4 ? read.slice(3) : [read[3], read[4], 0, 0];
  const curve: readonly TransferFunction[] = [
    power,
    (value) => (value >= -b / a ? power(value) : 0),
    (value) => (value >= -b / a ? power(value) + c : c),
    (value) => (value >= d ? power(value) : c * value),
    (value) => (value >= d ? power(value) + e : c * value + f),
  ];
  return (value) => Math.min(1, Math.max(0, curve[type](value)));
}

/**
 * The light that the grays of a profile stand for.
 * @returns undefined for a profile of other pictures, or one that is more than a curve
 */
export function grayCurve(profile: Buffer): TransferFunction | undefined {
  if (!isUsableProfile(profile, 'GRAY') || !isWithoutTables(profile)) return undefined;
  const curve = toneCurve(profile, 'kTRC');
  return curve && connectionSpace(profile) === 'Lab ' ? (value) => lightOf(curve(value)) : curve;
}

/** Luminance of a CIE lightness, both 0..1. */
function lightOf(lightness: number): number {
  return lightness > 0.08 ? ((100 * lightness + 16) / 116) ** 3 : (100 * lightness * 27) / 24_389;
}
