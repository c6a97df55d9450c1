let profile: Promise<Uint8Array> | undefined;

/** The ICC profile that names a file's colours as sRGB. */
export function srgbProfile(): Promise<Uint8Array> {
  profile ??= readProfile();
  return profile;
}

async function readProfile(): Promise<Uint8Array> {
  // Loaded when needed: painting threads know this module and must not pay for the native library.
  const { default: sharp } = await import('sharp');
  const blank = sharp({ create: { width: 1, height: 1, channels: 3, background: '#ffffff' } });
  const { icc } = await sharp(await blank.withIccProfile('srgb').png().toBuffer()).metadata();
  if (icc === undefined) throw new Error('The image library embeds no sRGB profile');
  return icc;
}
