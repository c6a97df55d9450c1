import type { Primaries } from './colorimetry.js';
import type { TransferFunction } from './transfer.js';

/** What the numbers of a picture mean, when no ICC profile defines it. */
export interface ColorEncoding {
  readonly primaries: Primaries;
  /** One curve for red, green and blue alike, or one for each. */
  readonly transfer: TransferFunction | readonly [TransferFunction, TransferFunction, TransferFunction];
}

/**
 * What a file declares about its colors, beyond the profile that the decoder itself finds.
 * `srgb`: a profile that the decoder finds is to be ignored. A Buffer: an ICC profile that the decoder does not find.
 */
export type DeclaredColor = ColorEncoding | Buffer | 'srgb';
