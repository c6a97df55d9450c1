const MODULUS = 65521;

/**
 * Adler-32 (RFC 1950) of one run of bytes after another from the checksums of both.
 * @param secondLength bytes of the second run
 */
export function combineAdler(first: number, second: number, secondLength: number): number {
  const length = secondLength % MODULUS;
  // Each run's low half was begun at 1, so the sum of both holds one too many.
  const low = ((first & 0xffff) + (second & 0xffff) + MODULUS - 1) % MODULUS;
  const carried = length * ((first & 0xffff) + MODULUS - 1);
  const high = ((first >>> 16) + (second >>> 16) + carried) % MODULUS;
  return ((high << 16) | low) >>> 0;
}
