/** Bytes of a color written as #rrggbb. */
export function rgbOfHex(hex: string): [number, number, number] {
  const at = (from: number): number => Number.parseInt(hex.slice(from, from + 2), 16);
  return [at(1), at(3), at(5)];
}
