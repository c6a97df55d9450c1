// What no renderer that ends in an LZW TIFF of this size can do without: sharp alone enlarges the photo and writes the
// file. Prints one JSON line.
//
//   node bench/floor.mjs PHOTO WIDTH HEIGHT OUT.tiff     pixels
import sharp from 'sharp';

const [photo, width, height, out] = process.argv.slice(2);
sharp.cache(false);
const started = process.hrtime.bigint();
await sharp(photo)
  .autoOrient()
  .resize(Number(width), Number(height), { fit: 'cover' })
  .withMetadata({ density: 300 })
  .tiff({ compression: 'lzw', predictor: 'horizontal' })
  .toFile(out);
const seconds = Number(process.hrtime.bigint() - started) / 1e9;
console.log(JSON.stringify({ seconds, peakMiB: process.resourceUsage().maxRSS / 1024 }));
