/** Light (0..1) that a stored value (0..1) stands for. */
export type TransferFunction = (value: number) => number;

/** IEC 61966-2-1. */
export const srgbToLight: TransferFunction = (value) =>
  value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;

export const linearLight: TransferFunction = (value) => value;

export function powerLaw(exponent: number): TransferFunction {
  return (value) => Math.max(0, value) ** exponent;
}

/** ITU-R BT.709 and BT.2020, the inverse of the camera's curve, as ITU-T H.273 defines it. */
export const bt709ToLight: TransferFunction = (value) =>
  value < 4.5 * 0.018053968510807 ? value / 4.5 : ((value + 0.09929682680944) / 1.09929682680944) ** (1 / 0.45);

/** SMPTE ST 240. */
export const st240ToLight: TransferFunction = (value) =>
  value < 4 * 0.022821585529445 ? value / 4 : ((value + 0.111572195921731) / 1.111572195921731) ** (1 / 0.45);

/** SMPTE ST 428-1, digital cinema; its white is below the highest value. */
export const st428ToLight: TransferFunction = (value) => (52.37 / 48) * Math.max(0, value) ** 2.6;

/** The inverse of {@link srgbToLight}. */
export const lightToSrgb: TransferFunction = (light) =>
  light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055;
