// Photos whose colors are declared otherwise than by an ICC profile, or in two ways at once.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { bmpFile, defaultPalette, join, jpegSegment, pngChunk, u16be, u32be, u32le } from './bytes.mjs';
import {
  CHART_HEIGHT,
  CHART_WIDTH,
  chartPng,
  chartRows,
  chrm,
  cicp,
  gama,
  GRAYS,
  iccp,
  PATCHES,
  SPACES,
  STORED,
  storedColor,
  toXyz,
} from './chart.mjs';
import { linearProfile } from './linear-profile.mjs';
import { writeTiff } from './tiff-writer.mjs';

const SRGB_CHUNK = pngChunk('sRGB', [0]);
const { srgb, adobe, p3, bt2020, prophoto } = SPACES;
const as = (space, store) => PATCHES.map((color) => storedColor(color, space, store));
const grays = (store) => GRAYS.map((color) => storedColor(color, srgb, store));

export async function* declaredColors() {
  const right = (name, bytes, colors = PATCHES) => ({
    family: 'declared color',
    name,
    bytes,
    expect: 'accept',
    colors,
  });
  const refused = (name, bytes, names) => ({
    family: 'declared color',
    name,
    bytes,
    expect: ['unsupported_format'],
    names,
  });
  for (const [name, bytes, colors] of [
    ...pngGammas(),
    ...pngPrimaries(),
    ...codePoints(),
    ...(await precedence()),
    ...profiledShadows(),
  ]) {
    yield right(`${name}.png`, bytes, colors);
  }
  for (const [name, points] of Object.entries({
    pq: [9, 16],
    hlg: [9, 18],
    'p3-pq': [12, 16],
    log: [1, 9],
    xyz: [10, 13],
  })) {
    yield refused(`cicp-${name}.png`, chartPng(as(srgb, STORED.srgb), { chunks: [cicp(...points)] }), /^PNG with .*: /);
  }
  for (const [name, bytes, colors] of shadowTiffs()) yield right(`${name}.tiff`, bytes, colors);
  for (const [name, bytes] of await adobePhotos()) yield right(name, bytes);
  for (const [name, bytes] of await bmps()) yield right(`${name}.bmp`, bytes);
  const linked = bmp(as(srgb, STORED.srgb), { type: 0x4c494e4b, profile: Buffer.from('C:\\x.icc\0') });
  yield refused('linked-profile.bmp', linked, /^BMP whose color profile is in another file: /);
}

function* pngGammas() {
  const linear = as(srgb, STORED.linear);
  for (const bits of [8, 16]) {
    for (const color of [2, 6]) yield [`gama-1-${bits}-${color}`, chartPng(linear, { bits, color, chunks: [gama(1)] })];
    for (const color of [0, 4]) {
      const gray = chartPng(grays(STORED.linear), { bits, color, chunks: [gama(1)] });
      yield [`gama-1-gray-${bits}-${color}`, gray, GRAYS];
    }
    yield [`gama-1.8-${bits}`, chartPng(as(srgb, STORED.power(1.8)), { bits, chunks: [gama(1.8)] })];
  }
  yield ['gama-1-palette', chartPng(as(srgb, STORED.linear), { color: 3, chunks: [gama(1)] })];
  // What every program means by it.
  yield ['gama-2.2', chartPng(as(srgb, STORED.srgb), { chunks: [gama(2.2)] })];
  yield ['gama-2.2-and-srgb-primaries', chartPng(as(srgb, STORED.srgb), { chunks: [gama(2.2), chrm(srgb)] })];
  yield ['gama-0', chartPng(as(srgb, STORED.srgb), { chunks: [pngChunk('gAMA', u32be(0))] })];
  yield ['gama-after-pixels', chartPng(as(srgb, STORED.srgb), { late: [gama(1)] })];
}

function* pngPrimaries() {
  yield ['chrm-alone', chartPng(as(p3, STORED.srgb), { chunks: [chrm(p3)] })];
  yield ['chrm-adobe', chartPng(as(adobe, STORED.power(2.2)), { chunks: [gama(2.2), chrm(adobe)] })];
  yield ['chrm-adobe-16', chartPng(as(adobe, STORED.power(2.2)), { bits: 16, chunks: [gama(2.2), chrm(adobe)] })];
  yield ['chrm-bt2020', chartPng(as(bt2020, STORED.linear), { bits: 16, chunks: [chrm(bt2020), gama(1)] })];
  yield ['chrm-prophoto', chartPng(as(prophoto, STORED.power(1.8)), { bits: 16, chunks: [chrm(prophoto), gama(1.8)] })];
  yield ['chrm-of-zeros', chartPng(as(srgb, STORED.srgb), { chunks: [pngChunk('cHRM', Buffer.alloc(32))] })];
}

function* codePoints() {
  const narrow = (values) => values.map((value) => (16 + 219 * value) / 255);
  const wide = [
    ['p3', as(p3, STORED.srgb), [12, 13]],
    ['srgb', as(srgb, STORED.srgb), [1, 13]],
    ['bt709', as(srgb, STORED.bt709), [1, 1]],
    ['bt2020', as(bt2020, STORED.bt709), [9, 14]],
    ['linear', as(srgb, STORED.linear), [1, 8]],
    ['power-2.2', as(srgb, STORED.power(2.2)), [1, 4]],
    ['st240', as(srgb, STORED.st240), [1, 7]],
    ['st428', as(srgb, STORED.st428), [1, 17]],
    ['unspecified', as(srgb, STORED.srgb), [2, 2]],
    ['matrix', as(srgb, STORED.srgb), [12, 13, 1]],
  ];
  for (const [name, colors, points] of wide) {
    for (const bits of [8, 16]) yield [`cicp-${name}-${bits}`, chartPng(colors, { bits, chunks: [cicp(...points)] })];
  }
  yield ['cicp-narrow', chartPng(as(p3, STORED.srgb).map(narrow), { chunks: [cicp(12, 13, 0, 0)] })];
  yield ['cicp-palette', chartPng(as(p3, STORED.srgb), { color: 3, chunks: [cicp(12, 13)] })];
  yield ['cicp-gray', chartPng(grays(STORED.linear), { bits: 16, color: 0, chunks: [cicp(1, 8)] }), GRAYS];
}

/** Dark colors and grays, whose numbers are small where they are amounts of light. */
const SHADOWS = [
  [12, 5, 9],
  [3, 8, 14],
  [22, 30, 11],
  [40, 26, 18],
  [9, 9, 9],
  [70, 33, 50],
];
const DARK_GRAYS = [4, 9, 15, 22, 31, 60].map((level) => [level, level, level]);
const lightOf = (colors) => colors.map((color) => storedColor(color, srgb, STORED.linear));

function* profiledShadows() {
  for (const color of [2, 6]) {
    const chunks = [iccp(linearProfile())];
    yield [`iccp-linear-16-${color}`, chartPng(lightOf(SHADOWS), { bits: 16, color, chunks }), SHADOWS];
  }
  for (const color of [0, 4]) {
    const chunks = [iccp(linearProfile('GRAY'))];
    yield [`iccp-linear-gray-16-${color}`, chartPng(lightOf(DARK_GRAYS), { bits: 16, color, chunks }), DARK_GRAYS];
    // Numbers of 8 bits that stand for these levels, rounded.
    const levels = [1, 2, 4, 8, 40, 200].map((value) => Array(3).fill(255 * STORED.srgb(value / 255)));
    const light = [1, 2, 4, 8, 40, 200].map((value) => Array(3).fill(value / 255));
    yield [`iccp-linear-gray-8-${color}`, chartPng(light, { color, chunks }), levels];
  }
}

function* shadowTiffs() {
  const tiff = (colors, samples, isInverted) => {
    const values = chartRows(lightOf(colors).map((light) => light.slice(0, samples)))
      .flat(2)
      .map((light) => Math.round(65_535 * (isInverted ? 1 - light : light)));
    const photometric = samples === 3 ? 2 : isInverted ? 0 : 1;
    const tags = [[34_675, 7, linearProfile(samples === 3 ? 'RGB ' : 'GRAY')]];
    const size = { width: CHART_WIDTH, height: CHART_HEIGHT };
    return writeTiff([{ ...size, samples, bits: 16, photometric, values, tags }]);
  };
  yield ['linear-16', tiff(SHADOWS, 3, false), SHADOWS];
  yield ['linear-gray-16', tiff(DARK_GRAYS, 1, false), DARK_GRAYS];
  yield ['linear-gray-16-white-is-0', tiff(DARK_GRAYS, 1, true), DARK_GRAYS];
}

/** Of two declarations the one of the higher rank counts, wherever it stands. */
async function precedence() {
  const p3Profile = await profileOf('p3');
  const wide = as(p3, STORED.srgb);
  const plain = as(srgb, STORED.srgb);
  return [
    ['cicp-over-iccp', chartPng(wide, { chunks: [iccp(await profileOf('srgb')), cicp(12, 13)] })],
    ['cicp-srgb-over-iccp', chartPng(plain, { chunks: [iccp(p3Profile), cicp(1, 13)] })],
    ['cicp-srgb-over-iccp-16', chartPng(plain, { bits: 16, chunks: [iccp(p3Profile), cicp(1, 13)] })],
    ['iccp-over-srgb', chartPng(wide, { chunks: [SRGB_CHUNK, iccp(p3Profile)] })],
    ['iccp-over-gama', chartPng(wide, { chunks: [gama(1), chrm(adobe), iccp(p3Profile)] })],
    ['srgb-over-gama', chartPng(plain, { chunks: [gama(1), chrm(adobe), SRGB_CHUNK] })],
    ['broken-iccp-then-gama', chartPng(as(srgb, STORED.linear), { chunks: [iccp(Buffer.alloc(300)), gama(1)] })],
    ['srgb-over-exif', chartPng(plain, { chunks: [SRGB_CHUNK, pngChunk('eXIf', exifOfAdobe())] })],
    ['exif-adobe', chartPng(as(adobe, STORED.power(563 / 256)), { chunks: [pngChunk('eXIf', exifOfAdobe())] })],
    ['exif-adobe-late', chartPng(as(adobe, STORED.power(563 / 256)), { late: [pngChunk('eXIf', exifOfAdobe())] })],
  ];
}

async function profileOf(name) {
  const pixel = sharp({ create: { width: 1, height: 1, channels: 3, background: '#fff' } });
  const { icc } = await sharp(await pixel.withIccProfile(name).png().toBuffer()).metadata();
  return icc;
}

/** EXIF data of a camera that was set to Adobe RGB, big-endian. */
export function exifOfAdobe({ colorSpace = 65_535, index = 'R03\0' } = {}) {
  const entry = (tag, type, count, value) => join(u16be(tag), u16be(type), u32be(count), value);
  const directory = (...entries) => join(u16be(entries.length), ...entries, u32be(0));
  // Each directory is followed by the next.
  const [exifAt, interopAt] = [8 + 18, 8 + 18 + 30];
  return join(
    'MM\0*',
    u32be(8),
    directory(entry(0x8769, 4, 1, u32be(exifAt))),
    directory(entry(0xa001, 3, 1, [...u16be(colorSpace), 0, 0]), entry(0xa005, 4, 1, u32be(interopAt))),
    directory(entry(1, 2, 4, index)),
  );
}

async function adobePhotos() {
  const raw = (colors) =>
    Buffer.from(
      chartRows(colors)
        .flat(2)
        .map((value) => Math.round(255 * value)),
    );
  const picture = (colors) => sharp(raw(colors), { raw: { width: CHART_WIDTH, height: CHART_HEIGHT, channels: 3 } });
  const deepPicture = (colors) => {
    const samples = Uint16Array.from(chartRows(colors).flat(2), (value) => Math.round(65_535 * value));
    return sharp(samples, { raw: { width: CHART_WIDTH, height: CHART_HEIGHT, channels: 3 } }).toColourspace('rgb16');
  };
  const colors = as(adobe, STORED.power(563 / 256));
  const jpegOptions = { quality: 100, chromaSubsampling: '4:4:4' };
  const jpeg = await picture(colors).jpeg(jpegOptions).toBuffer();
  const plain = await picture(as(srgb, STORED.srgb)).jpeg(jpegOptions).toBuffer();
  const wide = await picture(as(p3, STORED.srgb)).jpeg(jpegOptions).toBuffer();
  const segment = (block) => jpegSegment(0xe1, join('Exif\0\0', block));
  const labeled = (bytes, ...segments) => join(bytes.subarray(0, 2), ...segments, bytes.subarray(2));
  const profile = await profileOf('p3');
  const webp = withExif(await picture(colors).webp({ lossless: true }).toBuffer(), exifOfAdobe());
  return [
    ['r03-uncalibrated.jpg', labeled(jpeg, segment(exifOfAdobe()))],
    ['r03-space-2.jpg', labeled(jpeg, segment(exifOfAdobe({ colorSpace: 2 })))],
    ['r98-space-1.jpg', labeled(plain, segment(exifOfAdobe({ colorSpace: 1, index: 'R98\0' })))],
    ['r98-uncalibrated.jpg', labeled(plain, segment(exifOfAdobe({ index: 'R98\0' })))],
    [
      'r03-and-profile.jpg',
      labeled(wide, segment(exifOfAdobe()), jpegSegment(0xe2, join('ICC_PROFILE\0\x01\x01', profile))),
    ],
    ['r03-uncalibrated.webp', webp],
    ['r03-uncalibrated.tiff', await adobeTiff(picture(colors), 'lzw')],
    ['r03-uncalibrated-16.tiff', await adobeTiff(deepPicture(colors), 'none')],
  ];
}

/** exiftool writes EXIF data into a TIFF's own directories. */
async function adobeTiff(picture, compression) {
  const folder = mkdtempSync(path.join(tmpdir(), 'adobe-'));
  try {
    const file = path.join(folder, 'photo.tiff');
    writeFileSync(file, await picture.tiff({ compression }).toBuffer());
    const tags = ['-ExifIFD:ColorSpace#=65535', '-InteropIFD:InteropIndex=R03'];
    execFileSync('exiftool', ['-q', '-overwrite_original', ...tags, file]);
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A lossless WEBP in the extended form, which alone has metadata. */
export function withExif(webp, block) {
  const chunk = (type, data) => join(type, u32le(data.length), data, Buffer.alloc(data.length & 1));
  const size = (value) => u32le(value - 1).slice(0, 3);
  const extended = join([0x08, 0, 0, 0], size(CHART_WIDTH), size(CHART_HEIGHT));
  const body = join('WEBP', chunk('VP8X', extended), webp.subarray(12), chunk('EXIF', block));
  return join('RIFF', u32le(body.length), body);
}

/** A BMP of version 5 whose header declares its colors. */
function bmp(colors, { bits = 24, type = 0, endpoints = [], gammas = [], profile } = {}) {
  const level = (value) => Math.round(255 * value);
  const rows = chartRows(bits === 8 ? colors.map((_, i) => [i]) : colors.map(([r, g, b]) => [b, g, r].map(level)));
  const palette =
    bits === 8
      ? join(...colors.map(([r, g, b]) => [...[b, g, r].map(level), 0]), defaultPalette(8).subarray(24))
      : undefined;
  const bytes = bmpFile(CHART_WIDTH, -CHART_HEIGHT, bits, Buffer.from(rows.flat(2)), { header: 124, palette });
  bytes.writeUInt32LE(type, 70);
  endpoints.flat().forEach((value, i) => bytes.writeInt32LE(Math.round(value * 2 ** 30), 74 + 4 * i));
  gammas.forEach((value, i) => bytes.writeUInt32LE(Math.round(value * 2 ** 16), 110 + 4 * i));
  if (profile === undefined) return bytes;
  bytes.writeUInt32LE(bytes.length - 14, 126);
  bytes.writeUInt32LE(profile.length, 130);
  return join(bytes, profile);
}

async function bmps() {
  const cases = [];
  const columns = (space) => toXyz(space)[0].map((_, i) => toXyz(space).map((row) => row[i]));
  const chromaticities = (space) => space.slice(0, 3).map(([x, y]) => [x, y, 1 - x - y]);
  const adobeColors = as(adobe, STORED.power(2.2));
  cases.push(['blank-calibration', bmp(as(srgb, STORED.srgb))]);
  cases.push(['srgb', bmp(as(srgb, STORED.srgb), { type: 0x73524742, gammas: [1, 1, 1] })]);
  cases.push(['windows', bmp(as(srgb, STORED.srgb), { type: 0x57696e20 })]);
  cases.push(['calibrated-srgb', bmp(as(srgb, STORED.srgb), { endpoints: columns(srgb), gammas: [2.2, 2.2, 2.2] })]);
  cases.push(['calibrated-adobe', bmp(adobeColors, { endpoints: columns(adobe), gammas: [2.2, 2.2, 2.2] })]);
  cases.push(['calibrated-adobe-xy', bmp(adobeColors, { endpoints: chromaticities(adobe), gammas: [2.2, 2.2, 2.2] })]);
  cases.push(['calibrated-palette', bmp(adobeColors, { bits: 8, endpoints: columns(adobe), gammas: [2.2, 2.2, 2.2] })]);
  const linear = as(srgb, STORED.linear);
  cases.push(['calibrated-linear', bmp(linear, { endpoints: columns(srgb), gammas: [1, 1, 1] })]);
  const stores = [1.8, 2.4, 1].map(STORED.power);
  cases.push(['calibrated-three', bmp(as(srgb, stores), { endpoints: columns(srgb), gammas: [1.8, 2.4, 1] })]);
  const profile = await profileOf('p3');
  cases.push(['embedded-p3', bmp(as(p3, STORED.srgb), { type: 0x4d424544, profile })]);
  cases.push(['embedded-p3-palette', bmp(as(p3, STORED.srgb), { bits: 8, type: 0x4d424544, profile })]);
  cases.push(['embedded-garbage', bmp(as(srgb, STORED.srgb), { type: 0x4d424544, profile: Buffer.alloc(400, 7) })]);
  return cases;
}
