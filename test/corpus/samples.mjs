// Intact pictures of every format and kind, from which the hostile ones are made.
import sharp from 'sharp';
import { bmpFile, defaultPalette, join, pngChunk, pngChunks, seeded, u16be, u32be } from './bytes.mjs';

export const WIDTH = 160;
export const HEIGHT = 120;

/** Smooth shapes and noise, so that every coder has work and every part looks different. */
export function scene(width = WIDTH, height = HEIGHT, channels = 3) {
  const random = seeded(7);
  const data = Buffer.alloc(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [(i % width) / width, Math.floor(i / width) / height];
    const shape = Math.hypot(x - 0.5, y - 0.4) < 0.25 ? 90 : 0;
    const rgb = [255 * x, 255 * y, 120 + 100 * Math.sin(20 * x * y)];
    for (let c = 0; c < channels; c++) {
      data[i * channels + c] = c < 3 ? Math.min(255, rgb[c] / 1.5 + shape + 12 * random()) : 60 + 195 * x;
    }
  }
  return data;
}

const picture = (channels = 3) =>
  sharp(scene(WIDTH, HEIGHT, channels), { raw: { width: WIDTH, height: HEIGHT, channels } });
const gray = () => picture().toColourspace('b-w');
const oneBit = () => gray().threshold(128);
const sixteen = () => picture().toColourspace('rgb16');

/** Frames below one another, which sharp writes as an animation. */
function frames(count, width = 48, height = 40) {
  const data = scene(width, height * count);
  return sharp(data, { raw: { width, height: height * count, channels: 3, pageHeight: height } });
}

const WRITERS = {
  'baseline.jpg': () => picture().jpeg({ quality: 85 }),
  'progressive.jpg': () => picture().jpeg({ progressive: true }),
  'optimized.jpg': () => picture().jpeg({ mozjpeg: true }),
  'gray.jpg': () => gray().jpeg(),
  '444.jpg': () => picture().jpeg({ chromaSubsampling: '4:4:4', quality: 97 }),
  'cmyk.jpg': () => picture().toColourspace('cmyk').jpeg(),
  'cmyk-profile.jpg': () => picture().withIccProfile('cmyk').jpeg(),
  'p3.jpg': () => picture().withIccProfile('p3').jpeg(),
  'plain.png': () => picture().png(),
  'interlaced.png': () => picture().png({ progressive: true }),
  '16-bit.png': () => sixteen().png(),
  '16-bit-interlaced.png': () => sixteen().png({ progressive: true }),
  'palette.png': () => picture().png({ palette: true, colours: 32 }),
  'one-bit.png': () => oneBit().png({ palette: true, colours: 2 }),
  'gray.png': () => gray().png(),
  'alpha.png': () => picture(4).png(),
  'strips.tiff': () => picture().tiff({ compression: 'none' }),
  'tiles.tiff': () => picture().tiff({ compression: 'lzw', tile: true, tileWidth: 64, tileHeight: 64 }),
  'lzw.tiff': () => picture().tiff({ compression: 'lzw' }),
  'deflate.tiff': () => picture().tiff({ compression: 'deflate', predictor: 'horizontal' }),
  'jpeg.tiff': () => picture().tiff({ compression: 'jpeg' }),
  'jpeg-tiles.tiff': () => picture().tiff({ compression: 'jpeg', tile: true, tileWidth: 64, tileHeight: 64 }),
  'ccitt.tiff': () => oneBit().tiff({ compression: 'ccittfax4', bitdepth: 1 }),
  'one-bit.tiff': () => oneBit().tiff({ compression: 'none', bitdepth: 1 }),
  'packbits.tiff': () => picture().tiff({ compression: 'packbits' }),
  'big.tiff': () => picture().tiff({ compression: 'lzw', bigtiff: true }),
  'pyramid.tiff': () =>
    picture().tiff({ compression: 'lzw', pyramid: true, tile: true, tileWidth: 32, tileHeight: 32 }),
  'pages.tiff': () => frames(5).tiff({ compression: 'lzw' }),
  '16-bit.tiff': () => sixteen().tiff({ compression: 'lzw' }),
  'cmyk.tiff': () => picture().toColourspace('cmyk').tiff({ compression: 'lzw' }),
  'alpha.tiff': () => picture(4).tiff({ compression: 'lzw' }),
  'lossy.webp': () => picture().webp(),
  'lossless.webp': () => picture().webp({ lossless: true }),
  'alpha.webp': () => picture(4).webp(),
  'animated.webp': () => frames(6).webp({ loop: 0 }),
};

export async function makeSamples() {
  const samples = {};
  for (const [name, write] of Object.entries(WRITERS)) samples[name] = await write().toBuffer();
  samples['animated.png'] = animatedPng(samples['plain.png']);
  return { ...samples, ...bmpSamples() };
}

/** The same picture, the default of an animation of two. */
function animatedPng(plain) {
  const chunks = pngChunks(plain);
  const first = chunks.find(({ type }) => type === 'IDAT');
  const data = chunks
    .filter(({ type }) => type === 'IDAT')
    .map(({ at, length }) => plain.subarray(at + 8, at + 8 + length));
  const frame = (sequence) =>
    pngChunk(
      'fcTL',
      join(u32be(sequence), u32be(WIDTH), u32be(HEIGHT), u32be(0), u32be(0), u16be(1), u16be(10), [0, 0]),
    );
  const end = chunks.at(-1).at;
  return join(
    plain.subarray(0, first.at),
    pngChunk('acTL', join(u32be(2), u32be(0))),
    frame(0),
    plain.subarray(first.at, end),
    frame(1),
    pngChunk('fdAT', join(u32be(2), ...data)),
    plain.subarray(end),
  );
}

function bmpSamples() {
  const samples = {};
  const noise = seeded(11);
  const rows = (bits) =>
    Buffer.from(Array.from({ length: Math.ceil((WIDTH * bits) / 32) * 4 * HEIGHT }, () => 256 * noise()));
  for (const bits of [1, 4, 8, 16, 24, 32]) samples[`${bits}.bmp`] = bmpFile(WIDTH, HEIGHT, bits, rows(bits));
  samples['top-down.bmp'] = bmpFile(WIDTH, -HEIGHT, 24, rows(24));
  samples['core.bmp'] = bmpFile(WIDTH, HEIGHT, 8, rows(8), { header: 12, palette: defaultPalette(8, 3) });
  const masks = [0xff0000, 0xff00, 0xff, 0xff000000];
  samples['565.bmp'] = bmpFile(WIDTH, HEIGHT, 16, rows(16), { compression: 3, masks: [0xf800, 0x7e0, 0x1f] });
  samples['v4.bmp'] = bmpFile(WIDTH, HEIGHT, 32, rows(32), { compression: 3, header: 108, masks });
  samples['v5.bmp'] = bmpFile(WIDTH, HEIGHT, 32, rows(32), { compression: 3, header: 124, masks });
  samples['rle8.bmp'] = bmpFile(WIDTH, HEIGHT, 8, runLengthRows(WIDTH, HEIGHT, noise), { compression: 1 });
  samples['rle4.bmp'] = bmpFile(WIDTH, HEIGHT, 4, runLengthRows(WIDTH, HEIGHT, noise), { compression: 2 });
  return samples;
}

/** Rows of runs of random colors, each with its end of line, and the end of the bitmap. */
export function runLengthRows(width, height, random) {
  const bytes = [];
  for (let row = 0; row < height; row++) {
    for (let left = width; left > 0;) {
      const count = Math.min(left, 2 + 2 * Math.floor(20 * random()));
      bytes.push(count, Math.floor(256 * random()));
      left -= count;
    }
    bytes.push(0, row === height - 1 ? 1 : 0);
  }
  return Buffer.from(bytes);
}
