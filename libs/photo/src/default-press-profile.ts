import sharp from 'sharp';

let known: Promise<Buffer> | undefined;

/** The profile that the native decoder takes for a CMYK photo without one. */
export function defaultPressProfile(): Promise<Buffer> {
  known ??= readDefault();
  return known;
}

async function readDefault(): Promise<Buffer> {
  const pixel = { create: { width: 1, height: 1, channels: 3, background: '#ffffff' } } as const;
  const { icc } = await sharp(await sharp(pixel).withIccProfile('cmyk').tiff().toBuffer()).metadata();
  if (icc === undefined) throw new Error('The native decoder has no press profile');
  return icc;
}
