// The photos of the benchmarks, made once from a small one and kept in the system's temporary folder.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';

const PHONE_WIDTH_PX = 3000;
const PHONE_HEIGHT_PX = 4000;
const LARGE_SIDE_PX = 10_000;

/** Spread of the grain of a phone's sensor, in levels of 255. */
const GRAIN = 13;

/** A portrait as a phone takes it: 12 megapixels with the grain of its sensor. */
export function makePhonePhoto(source, note) {
  return makeOnce(source, 'phone', note, async (file) => {
    const size = { width: PHONE_WIDTH_PX, height: PHONE_HEIGHT_PX };
    const pixels = await sharp(source)
      .resize({ ...size, fit: 'cover', kernel: 'mitchell' })
      .removeAlpha()
      .raw()
      .toBuffer();
    let word = 12345;
    for (let i = 0; i < pixels.length; i++) {
      word = (Math.imul(word, 1_664_525) + 1_013_904_223) | 0;
      pixels[i] = Math.max(0, Math.min(255, pixels[i] + ((word >>> 24) % GRAIN) - (GRAIN >> 1)));
    }
    await sharp(pixels, { raw: { ...size, channels: 3 } })
      .jpeg({ quality: 92 })
      .toFile(file);
  });
}

/** A photo enlarged to 100 megapixels. */
export function makeLargePhoto(source, note) {
  return makeOnce(source, '100mp', note, async (file) => {
    const side = LARGE_SIDE_PX;
    await sharp(source).autoOrient().resize(side, side, { fit: 'cover' }).jpeg({ quality: 90 }).toFile(file);
  });
}

async function makeOnce(source, kind, note, make) {
  const name = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12);
  const file = path.join(tmpdir(), `pop-render-bench-${kind}-${name}.jpg`);
  if (existsSync(file)) return file;
  note(`Making ${file} (once)`);
  await make(`${file}.part`);
  renameSync(`${file}.part`, file);
  return file;
}
