/** Whether bytes are a color profile for pictures of this kind, as far as its header shows. */
export function isUsableProfile(profile: Buffer, space: 'RGB ' | 'GRAY'): boolean {
  return (
    profile.length > 132 &&
    profile.readUInt32BE(0) <= profile.length &&
    profile.toString('latin1', 36, 40) === 'acsp' &&
    profile.toString('latin1', 16, 20) === space
  );
}
