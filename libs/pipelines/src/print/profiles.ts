import { RenderError } from '#core';
import { jpeg } from './jpeg/jpeg-profile.js';
import type { OutputProfile, PrintFormat } from './output-profile.js';
import { png } from './png/png-profile.js';
import { tiffCmyk, tiffDeflate, tiffLzw, tiffNone } from './tiff/tiff-profiles.js';

const profiles: readonly OutputProfile[] = [tiffLzw, tiffDeflate, tiffNone, tiffCmyk, png, jpeg];

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

/** @throws RenderError `invalid_layout` when files of the profile cannot hold a sheet of this size */
export function checkSize({ name, maxSidePx = Infinity }: OutputProfile, { widthPx, heightPx }: PrintFormat): void {
  if (Math.max(widthPx, heightPx) <= maxSidePx) return;
  const message = `A ${name} file has at most ${maxSidePx} px a side, the sheet is ${widthPx} x ${heightPx} px`;
  throw new RenderError('invalid_layout', message);
}
