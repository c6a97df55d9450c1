const HEADER_BYTES = 128;
const ENTRY_BYTES = 12;

/** Whether bytes are a color profile for pictures of this kind, as far as its header shows. */
export function isUsableProfile(profile: Buffer, space: 'RGB ' | 'GRAY'): boolean {
  return (
    profile.length > 132 &&
    profile.readUInt32BE(0) <= profile.length &&
    profile.toString('latin1', 36, 40) === 'acsp' &&
    profile.toString('latin1', 16, 20) === space
  );
}

/** The connection space of a profile: `XYZ ` or `Lab `. */
export function connectionSpace(profile: Buffer): string {
  return profile.toString('latin1', 20, 24);
}

/** Where the tags of a profile are, by name; those that overhang its end are left out. */
export function profileTags(profile: Buffer): ReadonlyMap<string, { readonly at: number; readonly length: number }> {
  const tags = new Map<string, { at: number; length: number }>();
  const start = HEADER_BYTES + 4;
  if (profile.length < start) return tags;
  const end = Math.min(start + ENTRY_BYTES * profile.readUInt32BE(HEADER_BYTES), profile.length - ENTRY_BYTES + 1);
  for (let entry = start; entry < end; entry += ENTRY_BYTES) {
    const [at, length] = [profile.readUInt32BE(entry + 4), profile.readUInt32BE(entry + 8)];
    if (at + length <= profile.length) tags.set(profile.toString('latin1', entry, entry + 4), { at, length });
  }
  return tags;
}

/** Tags of tables, which color libraries use before curves. */
const TABLES = ['A2B0', 'A2B1', 'A2B2', 'D2B0', 'D2B1', 'D2B2'];

/** Whether a profile is no more than curves, and colorants where there are several channels. */
export function isWithoutTables(profile: Buffer): boolean {
  const tags = profileTags(profile);
  return !TABLES.some((tag) => tags.has(tag));
}
