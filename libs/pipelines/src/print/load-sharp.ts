import type sharpModule from 'sharp';

/** Loaded when needed: painting threads know the modules that ask for it, and most never pay for the native library. */
export async function loadSharp(): Promise<typeof sharpModule> {
  const { default: sharp } = await import('sharp');
  // To load it in one more thread turns the cache of the whole process on again.
  sharp.cache(false);
  return sharp;
}
