import { loadSharp } from './load-sharp.js';

type ColorSpace = 'srgb' | 'cmyk';

const profiles = new Map<ColorSpace, Promise<Uint8Array>>();

/** The ICC profile that names a file's colors as sRGB. */
export function srgbProfile(): Promise<Uint8Array> {
  return builtInProfile('srgb');
}

/** The ICC profile of the inks that {@link loadSharp} mixes for CMYK. */
export function cmykProfile(): Promise<Uint8Array> {
  return builtInProfile('cmyk');
}

function builtInProfile(space: ColorSpace): Promise<Uint8Array> {
  const known = profiles.get(space);
  if (known !== undefined) return known;
  const read = readProfile(space);
  profiles.set(space, read);
  return read;
}

/** The library hands its profiles out only inside of files. */
async function readProfile(space: ColorSpace): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const blank = sharp({ create: { width: 1, height: 1, channels: 3, background: '#ffffff' } });
  const { icc } = await sharp(await blank.withIccProfile(space).tiff().toBuffer()).metadata();
  if (icc === undefined) throw new Error(`The image library embeds no ${space} profile`);
  return icc;
}
