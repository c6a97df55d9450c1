// TIFFs of every kind: what is accepted must show what an independent reader sees, what is refused must be named.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { linearProfile } from './linear-profile.mjs';
import { scene } from './samples.mjs';
import { writeTiff } from './tiff-writer.mjs';

const READER = fileURLToPath(new URL('independent-reader.py', import.meta.url));
export const [TIFF_WIDTH, TIFF_HEIGHT] = [59, 43];
const size = { width: TIFF_WIDTH, height: TIFF_HEIGHT };
const [SHORT, LONG, ASCII, RGB, CMYK, YCBCR] = [3, 4, 2, 2, 5, 6];
const picture = scene(TIFF_WIDTH, TIFF_HEIGHT);
const each = (count, valueAt) => Array.from({ length: count * TIFF_WIDTH * TIFF_HEIGHT }, (_, i) => valueAt(i));
const deep = (value, bits) => Math.round((value * (2 ** bits - 1)) / 255);
const alphaAt = (pixel) => Math.round((255 * (pixel % TIFF_WIDTH)) / (TIFF_WIDTH - 1));

/** Colors, with further samples behind those of each pixel. @param extras values of 0 to 255 by pixel */
function rgb(bits = 8, extras = [], more = {}) {
  const samples = 3 + extras.length;
  const valueAt = (i) => {
    const [pixel, sample] = [Math.floor(i / samples), i % samples];
    return deep(sample < 3 ? picture[3 * pixel + sample] : extras[sample - 3](pixel), bits);
  };
  return { ...size, samples, bits, photometric: RGB, values: each(samples, valueAt), ...more };
}

/** @param extras as for colors */
function gray(bits, extras = [], more = {}) {
  const samples = 1 + extras.length;
  const isInverted = more.photometric === 0;
  const valueAt = (i) => {
    const pixel = Math.floor(i / samples);
    if (i % samples > 0) return deep(extras[0](pixel), bits);
    const value = deep(picture[3 * pixel + 1], bits);
    return isInverted ? 2 ** bits - 1 - value : value;
  };
  return { ...size, samples, bits, photometric: 1, values: each(samples, valueAt), ...more };
}

function palette(bits, scale) {
  const colors = Array.from({ length: 3 * 2 ** bits }, (_, i) => ((i * 97 + 31) % 256) * scale);
  return gray(bits, [], { photometric: 3, tags: [[320, SHORT, colors]] });
}

/** Inks without black, and further samples behind. */
function cmyk(bits, extras = [], more = {}) {
  const samples = 4 + extras.length;
  const valueAt = (i) => {
    const [pixel, sample] = [Math.floor(i / samples), i % samples];
    if (sample < 3) return deep(180 - (picture[3 * pixel + sample] >> 1), bits);
    return sample === 3 ? deep(10, bits) : deep(extras[sample - 4](pixel), bits);
  };
  return { ...size, samples, bits, photometric: CMYK, values: each(samples, valueAt), ...more };
}

const extra = (...meanings) => [338, SHORT, meanings];
const reduced = (tag, value) => ({
  ...rgb(),
  width: 20,
  height: 16,
  values: Array(960).fill(99),
  tags: [[tag, tag === 254 ? LONG : SHORT, [value]]],
});
/** Colors weighted by transparency. */
const premultiplied = (bits) => {
  const page = rgb(bits, [alphaAt], { tags: [extra(1)] });
  const values = page.values.map((value, i) => (i % 4 < 3 ? Math.round((value * alphaAt(i >> 2)) / 255) : value));
  return { ...page, values };
};

/** One pair of chroma samples for each block of 2x2 pixels, as YCbCr is stored. */
function subsampled() {
  const coded = [];
  for (let top = 0; top < TIFF_HEIGHT; top += 16) {
    const strip = [];
    for (let y = top; y < Math.min(top + 16, TIFF_HEIGHT); y += 2) {
      for (let x = 0; x < TIFF_WIDTH; x += 2) strip.push(x * 4, x * 4 + 2, y * 4, y * 4 + 3, 100 + x, 160 - y);
    }
    coded.push(Buffer.from(strip));
  }
  return { ...rgb(), photometric: YCBCR, coded, tags: [[530, SHORT, [2, 2]]] };
}

const lightOf = (share) => (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4);

/** Those that print: the bytes, and other bytes for the independent reader where it would not see the same in them. */
function* accepted() {
  for (const isBigEndian of [false, true]) {
    const order = isBigEndian ? 'big-endian' : 'little-endian';
    for (const bits of [8, 16]) {
      yield [`rgb-${bits}-${order}`, writeTiff([rgb(bits)], { isBigEndian })];
      yield [`rgb-${bits}-${order}-tiles`, writeTiff([rgb(bits, [], { tile: 32 })], { isBigEndian })];
      yield [
        `rgb-${bits}-${order}-planes`,
        writeTiff([rgb(bits, [], { isPlanar: true })], { isBigEndian }),
        writeTiff([rgb(bits)]),
      ];
      yield [`rgb-${bits}-${order}-bigtiff`, writeTiff([rgb(bits)], { isBigEndian, isBig: true })];
    }
  }
  for (const bits of [1, 2, 4, 8, 16]) {
    for (const photometric of [0, 1]) {
      const strips = writeTiff([gray(bits, [], { photometric })]);
      yield [`gray-${bits}-photometric-${photometric}`, strips];
      yield [
        `gray-${bits}-photometric-${photometric}-tiles`,
        writeTiff([gray(bits, [], { photometric, tile: 16 })]),
        strips,
      ];
    }
  }
  for (const bits of [1, 2, 4, 8]) {
    yield [`palette-${bits}`, writeTiff([palette(bits, 257)])];
    yield [`palette-${bits}-of-bytes`, writeTiff([palette(bits, 1)]), writeTiff([palette(bits, 257)])];
  }
  yield ['gray-1-lsb-first', writeTiff([gray(1, [], { isLsbFirst: true })])];
  yield ['undefined-samples', writeTiff([rgb(8, [], { format: 4 })]), writeTiff([rgb()])];
  yield ['gray-one-plane-tiles', writeTiff([gray(8, [], { isPlanar: true, tile: 16 })]), writeTiff([gray(8)])];
  yield ['ycbcr-subsampled', writeTiff([subsampled()])];
  for (const value of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    const page = rgb(8, [], { tags: [[274, SHORT, [value]]] });
    yield [`orientation-${value}`, writeTiff([page]), value % 9 === 0 ? writeTiff([rgb()]) : undefined];
  }
  const [linear, light] = [linearProfile(), (value) => Math.round(65_535 * lightOf(value / 255))];
  const deepLight = { values: each(3, (i) => light(picture[i])), tags: [[34_675, 7, linear]] };
  yield ['rgb-16-linear-profile', writeTiff([rgb(16, [], deepLight)]), writeTiff([rgb()])];
  yield* withExtraSamples();
  yield* withReducedPages();
}

function* withExtraSamples() {
  const opaqueAt = () => 255;
  const ignored = (name, page, plain, options) => [`ignored-${name}`, writeTiff([page], options), writeTiff([plain])];
  for (const bits of [8, 16]) {
    yield [`unassociated-alpha-${bits}`, writeTiff([rgb(bits, [alphaAt], { tags: [extra(2)] })])];
    yield [`associated-alpha-${bits}`, writeTiff([premultiplied(bits)])];
    yield [`undeclared-alpha-${bits}`, writeTiff([rgb(bits, [alphaAt])])];
    yield ignored(`rgb-${bits}`, rgb(bits, [alphaAt], { tags: [extra(0)] }), rgb(bits));
    yield ignored(`rgb-two-${bits}`, rgb(bits, [alphaAt, opaqueAt], { tags: [extra(0, 0)] }), rgb(bits));
    yield ignored(`gray-${bits}`, gray(bits, [alphaAt], { tags: [extra(0)] }), gray(bits));
    yield ignored(`cmyk-${bits}`, cmyk(bits, [alphaAt], { tags: [extra(0)] }), cmyk(bits));
    yield ignored(`rgb-tiles-${bits}`, rgb(bits, [alphaAt], { tile: 32, tags: [extra(0)] }), rgb(bits), {
      isBig: true,
    });
  }
  for (let value = 2; value <= 8; value++) {
    const tag = [274, SHORT, [value]];
    yield ignored(`turned-${value}`, rgb(8, [alphaAt], { tags: [extra(0), tag] }), rgb(8, [], { tags: [tag] }));
  }
  yield ['ignored-as-pillow-reads-it', writeTiff([rgb(8, [alphaAt], { tags: [extra(0)] })])];
}

function* withReducedPages() {
  const full = (pages, plain = rgb(), options = {}) => [writeTiff(pages, options), writeTiff([plain])];
  const inks = cmyk(8);
  yield ['reduced-first', ...full([reduced(254, 1), rgb()])];
  yield ['reduced-first-by-the-old-tag', ...full([reduced(255, 2), rgb()])];
  yield ['reduced-twice', ...full([reduced(254, 1), reduced(254, 1), rgb(16)], rgb(16), { isBig: true })];
  yield ['mask-first', ...full([reduced(254, 4), rgb()])];
  yield ['reduced-last', ...full([rgb(), reduced(254, 1)])];
  yield ['full-page-below', ...full([{ ...reduced(254, 1), subPages: [reduced(254, 1), rgb()] }])];
  yield ['reduced-before-cmyk', ...full([reduced(254, 1), inks], inks)];
  yield ['reduced-before-cmyk-bigtiff', ...full([reduced(254, 1), inks], inks, { isBig: true, isBigEndian: true })];
  yield ['cmyk-below', ...full([{ ...reduced(254, 1), subPages: [inks] }], inks)];
  yield ['reduced-alone', ...full([{ ...rgb(), tags: [[254, LONG, [1]]] }])];
  const ignored = rgb(8, [alphaAt], { tags: [extra(0)] });
  yield ['reduced-before-ignored', ...full([reduced(254, 1), ignored])];
}

const float = (bits, samples = 3) => ({
  ...(samples === 3 ? rgb() : gray(8)),
  bits,
  format: 3,
  values: each(samples, (i) => picture[i] / 255),
});
const stored = (bits, format = 1) => rgb(bits, [], { format });
const tagged = (...tags) => rgb(8, [], { tags });
const bitsOf = (...bits) => [258, SHORT, bits];

/** Those that do not print, and what the refusal must name. */
function* refused() {
  for (const bits of [16, 32, 64]) {
    const message = new RegExp(`${bits}-bit floating-point`);
    yield [`float-${bits}`, writeTiff([float(bits)]), message];
    yield [`float-${bits}-gray`, writeTiff([float(bits, 1)], { isBigEndian: true }), message];
  }
  for (const bits of [8, 16, 32]) yield [`signed-${bits}`, writeTiff([stored(bits, 2)]), /signed integer/];
  yield ['complex-integer', writeTiff([stored(32, 5)]), /complex integer/];
  yield ['complex', writeTiff([stored(64, 6)]), /complex floating-point/];
  yield ['format-0', writeTiff([stored(8, 0)]), /SampleFormat 0/];
  for (const bits of [1, 2, 3, 4, 5, 6, 7, 10, 12, 14, 24, 32]) {
    yield [`rgb-${bits}`, writeTiff([rgb(bits)]), new RegExp(`${bits}-bit RGB`)];
  }
  for (const bits of [3, 5, 6, 7, 10, 12, 14, 24, 32]) {
    yield [`gray-${bits}`, writeTiff([gray(bits)]), new RegExp(`${bits}-bit grayscale`)];
  }
  yield ['bits-5-6-5', writeTiff([tagged(bitsOf(5, 6, 5))]), /different depths/];
  yield ['bits-8-8-16', writeTiff([tagged(bitsOf(8, 8, 16))]), /different depths/];
  const photometrics = {
    4: /mask/,
    8: /CIELab/,
    9: /ICCLab/,
    10: /ITULab/,
    32_844: /LogL/,
    32_845: /LogLuv/,
    51_177: /depth/,
  };
  for (const [photometric, message] of Object.entries(photometrics)) {
    for (const bits of [8, 16]) {
      const page = rgb(bits, [], { photometric: Number(photometric) });
      yield [`photometric-${photometric}-${bits}`, writeTiff([page]), message];
    }
  }
  yield ['photometric-7', writeTiff([rgb(8, [], { photometric: 7 })]), /PhotometricInterpretation 7/];
  yield ['no-photometric', writeTiff([tagged([262, SHORT, []])]), /no PhotometricInterpretation/];
  for (const tile of [undefined, 32]) {
    const page = rgb(8, [], { photometric: YCBCR, tile, tags: [[530, SHORT, [1, 1]]] });
    yield [`ycbcr-444-${tile ? 'tiles' : 'strips'}`, writeTiff([page]), /uncompressed YCbCr/];
  }
  yield ['tiled-planes', writeTiff([rgb(8, [], { tile: 32, isPlanar: true })]), /tiles in separate planes/];
  yield ['inks-not-cmyk', writeTiff([cmyk(8, [], { tags: [[332, SHORT, [2]]] })]), /inks other than CMYK/];
  yield ['three-inks', writeTiff([rgb(8, [], { photometric: CMYK })]), /inks other than CMYK/];
  yield [
    'short-palette',
    writeTiff([gray(8, [], { photometric: 3, tags: [[320, SHORT, Array(99).fill(9)]] })]),
    /color map/,
  ];
  yield ['two-extras', writeTiff([rgb(8, [alphaAt, alphaAt], { tags: [extra(2, 0)] })]), /other extra channels/];
  yield ['extra-3', writeTiff([rgb(8, [alphaAt], { tags: [extra(3)] })]), /ExtraSamples 3/];
  yield ['gray-4-extra', writeTiff([gray(4, [alphaAt], { tags: [extra(2)] })]), /extra channels/];
  yield ['cmyk-16-alpha', writeTiff([cmyk(16, [alphaAt], { tags: [extra(2)] })]), /CMYK with transparency/];
  yield* withOtherCompressions();
  yield* cameraRaws();
}

function* withOtherCompressions() {
  const names = { 6: 'old-style JPEG', 9: 'JBIG', 32_766: 'NeXT', 32_771: 'CCITT RLE/W', 32_809: 'ThunderScan' };
  Object.assign(names, {
    32_908: 'Pixar',
    32_909: 'PixarLog',
    33_003: 'JPEG 2000',
    33_005: 'JPEG 2000',
    34_661: 'JBIG',
  });
  Object.assign(names, {
    34_676: 'SGILog',
    34_677: 'SGILog24',
    34_712: 'JPEG 2000',
    34_718: 'JPEG-LS',
    34_887: 'LERC',
  });
  Object.assign(names, { 34_925: 'LZMA', 34_933: 'PNG', 34_934: 'JPEG XR', 50_000: 'ZSTD', 50_002: 'JPEG XL' });
  Object.assign(names, { 52_546: 'JPEG XL', 3: 'fax', 61_234: 'unknown \\(61234\\)' });
  for (const [code, name] of Object.entries(names)) {
    for (const tile of [undefined, 32]) {
      const page = rgb(8, [], { tile, tags: [[259, SHORT, [Number(code)]]] });
      yield [
        `compression-${code}-${tile ? 'tiles' : 'strips'}`,
        writeTiff([page]),
        new RegExp(`${name} compression`.replace('ZSTD', '\\(ZSTD\\)')),
      ];
    }
  }
}

/** Previews with what each maker keeps beside them. */
function* cameraRaws() {
  const make = (text) => [271, ASCII, Buffer.from(`${text}\0`, 'latin1')];
  const sensor = (compression = 1, photometric = 32_803) =>
    gray(8, [], {
      tags: [
        [259, SHORT, [compression]],
        [262, SHORT, [photometric]],
      ],
    });
  const preview = (maker, subPages, ...tags) => {
    const page = reduced(254, 1);
    return { ...page, tags: [...page.tags, make(maker), ...tags], subPages };
  };
  const below = (maker, ...sensors) => writeTiff([preview(maker, sensors)], { isBigEndian: maker.startsWith('N') });
  yield ['nef', below('NIKON CORPORATION', sensor(34_713)), /NEF/];
  yield ['arw', below('SONY', sensor(32_767)), /ARW/];
  yield ['arw-preview-alone', below('SONY', rgb()), /ARW/];
  yield ['srw', below('SAMSUNG', sensor(32_770)), /SRW/];
  yield ['3fr', below('Hasselblad', sensor()), /3FR/];
  yield ['unknown-maker', below('Unknown Maker', sensor()), /[Cc]amera raw/];
  yield ['pef', writeTiff([{ ...sensor(65_535), tags: [...sensor(65_535).tags, make('PENTAX ')] }, rgb()]), /PEF/];
  yield [
    'cr2',
    writeTiff([{ ...rgb(), tags: [make('Canon')] }], { mark: Buffer.from('CR\x02\0\0\0\0\0', 'latin1') }),
    /CR2/,
  ];
  yield ['iiq', writeTiff([rgb()], { mark: Buffer.from('IIII\0\0\0\0', 'latin1') }), /IIQ/];
  const version = [50_706, 1, [1, 4, 0, 0]];
  yield ['dng', writeTiff([preview('Apple', [sensor()], version)]), /DNG/];
  yield ['dng-linear', writeTiff([rgb(16, [], { photometric: 34_892, tags: [version] })]), /DNG/];
}

/** The same picture by libtiff's tools. */
function* byOtherWriters(folder) {
  const source = path.join(folder, 'source.tif');
  const target = path.join(folder, 'target.tif');
  const copy = (page, ...options) => {
    writeFileSync(source, writeTiff([page]));
    execFileSync('tiffcp', [...options, source, target], { stdio: 'ignore' });
    return readFileSync(target);
  };
  for (const coding of ['lzw', 'lzw:2', 'zip', 'zip:2', 'packbits', 'jpeg:95', 'jpeg:r:95']) {
    for (const layout of ['-s', '-t']) yield { name: `${coding}${layout}`, bytes: copy(rgb(), layout, '-c', coding) };
  }
  for (const coding of ['lzw:2', 'zip:2']) yield { name: `16-${coding}`, bytes: copy(rgb(16), '-B', '-c', coding) };
  for (const coding of ['g3:1d', 'g3:2d', 'g3:2d:fill', 'g4']) {
    for (const order of ['lsb2msb', 'msb2lsb']) {
      yield { name: `${coding}-${order}`, bytes: copy(gray(1), '-c', coding, '-f', order) };
    }
  }
  for (const [coding, message] of [
    ['zstd', /ZSTD/],
    ['lzma', /LZMA/],
  ]) {
    for (const layout of ['-s', '-t']) {
      yield { name: `${coding}${layout}`, bytes: copy(rgb(), layout, '-c', coding), message };
    }
  }
}

export async function* tiffKinds() {
  const folder = mkdtempSync(path.join(tmpdir(), 'tiff-kinds-'));
  try {
    const files = [];
    for (const [name, bytes, seen = bytes] of accepted()) files.push({ name, bytes, seen });
    for (const [name, bytes, message] of refused()) files.push({ name, bytes, message });
    for (const file of byOtherWriters(folder)) files.push({ seen: file.bytes, ...file });
    await addReferences(
      files.filter(({ message }) => message === undefined),
      folder,
    );
    for (const { name, bytes, message, reference } of files) {
      const expect = message ? ['unsupported_format'] : 'accept';
      yield { family: 'TIFF kind', name: `${name}.tiff`, bytes, expect, names: message, reference };
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Gives each file the pixels that the independent reader sees in it. */
async function addReferences(files, folder) {
  const inFolder = (name) => path.join(folder, name);
  const profiles = { press: 'cmyk', srgb: 'srgb' };
  for (const [name, profile] of Object.entries(profiles)) {
    const white = sharp({ create: { width: 1, height: 1, channels: 3, background: '#ffffff' } });
    const { icc } = await sharp(await white.withIccProfile(profile).tiff().toBuffer()).metadata();
    writeFileSync(inFolder(name), icc);
  }
  files.forEach(({ seen }, i) => writeFileSync(inFolder(`${i}.tif`), seen));
  const request = {
    files: files.map((_, i) => [inFolder(`${i}.tif`), inFolder(`${i}.rgb`)]),
    press: inFolder('press'),
    srgb: inFolder('srgb'),
  };
  execFileSync('/usr/bin/python3', ['-W', 'ignore', READER], {
    input: JSON.stringify(request),
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  files.forEach((file, i) => (file.reference = readFileSync(inFolder(`${i}.rgb`))));
}
