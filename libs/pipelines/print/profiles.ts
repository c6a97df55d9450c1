import { RenderError } from '#core';
import type { OutputProfile } from './output-profile.js';
import { tiffCmyk, tiffDeflate, tiffLzw, tiffNone } from './tiff/tiff-profiles.js';

const profiles: readonly OutputProfile[] = [tiffLzw, tiffDeflate, tiffNone, tiffCmyk];

export const DEFAULT_PROFILE = 'tiff-lzw';

export function listProfiles(): readonly OutputProfile[] {
  return profiles;
}

/** @throws RenderError `unknown_profile` */
export function findProfile(name: string): OutputProfile {
  const found = profiles.find((profile) => profile.name === name);
  if (found !== undefined) return found;
  const known = profiles.map((profile) => profile.name).join(', ');
  throw new RenderError('unknown_profile', `Unknown output profile ${name}: choose one of ${known}`);
}
