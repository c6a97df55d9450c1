// Whole files of formats that are not printed, by real headers: the refusal names the format and what to send instead.
import sharp from 'sharp';
import { bmpFile, inserted, join, jpegSegment, pngChunk, pngHeader, u16be, u32be } from './bytes.mjs';
import { foreignFiles } from './foreign.mjs';

const box = (brand, ...others) =>
  join(u32be(16 + 4 * others.length), 'ftyp', brand, u32be(0), ...others, Buffer.alloc(200));

/** A JPEG of 32x16 pixels up to its scan, with a frame header of one's own. */
function jpegOf(marker, { bits = 8, height = 16, components = 3, sampling = [] } = {}) {
  const parts = Array.from({ length: components }, (_, i) => [i + 1, sampling[i] ?? 0x11, 0]).flat();
  return join(
    [0xff, 0xd8],
    jpegSegment(0xe0, join('JFIF\0', [1, 1, 0, 0, 1, 0, 1, 0, 0])),
    jpegSegment(marker, join([bits], u16be(height), u16be(32), [components], parts)),
    jpegSegment(0xda, [components, ...Array.from({ length: components }, (_, i) => [i + 1, 0]).flat(), 0, 63, 0]),
    Buffer.alloc(300, 0x55),
    [0xff, 0xd9],
  );
}

const JPEG_KINDS = {
  '12-bit': [jpegOf(0xc1, { bits: 12 }), /^JPEG of 12 bits a channel: /],
  '12-bit-progressive': [jpegOf(0xc2, { bits: 12 }), /^JPEG of 12 bits a channel: /],
  '16-bit-lossless': [jpegOf(0xc3, { bits: 16 }), /^lossless JPEG of 16 bits a channel: /],
  'lossless-arithmetic': [jpegOf(0xcb), /^lossless JPEG with arithmetic coding: /],
  'jpeg-ls': [jpegOf(0xf7), /^JPEG-LS image: /],
  hierarchical: [jpegOf(0xde), /^hierarchical JPEG: /],
  'hierarchical-frame': [jpegOf(0xc5), /^hierarchical JPEG: /],
  'height-later': [jpegOf(0xc0, { height: 0 }), /^JPEG whose height follows its first scan \(DNL\): /],
  'two-channels': [jpegOf(0xc0, { components: 2 }), /^JPEG of 2 channels: /],
  'five-channels': [jpegOf(0xc0, { components: 5 }), /^JPEG of 5 channels: /],
  'fractional-sampling': [jpegOf(0xc0, { sampling: [0x31, 0x21, 0x11] }), /^JPEG with fractional chroma subsampling: /],
};

const NAMES = {
  gif: /^GIF image: /,
  avif: /^AVIF image: /,
  heic: /^HEIC photo: export it as a JPEG/,
  svg: /^SVG drawing: /,
  'svg-with-prolog': /^SVG drawing: /,
  'svg-with-entity': /^SVG drawing: /,
  pdf: /^PDF document: /,
  eps: /^PostScript document: /,
  jxl: /^JPEG XL image: /,
  'jxl-container': /^JPEG XL image: /,
  jp2: /^JPEG 2000 image: /,
  j2k: /^JPEG 2000 codestream: /,
  fits: /^FITS image: /,
  ppm: /^Netpbm image/,
  pgm: /^Netpbm image/,
  pfm: /^Portable float map: /,
  exr: /^OpenEXR image: /,
  hdr: /^Radiance HDR image: /,
  psd: /^Photoshop document \(PSD\): /,
  ico: /^Windows icon: /,
  qoi: /^QOI image: /,
  dicom: /^DICOM image: /,
  html: /^web page: /,
  zip: /^ZIP archive or Office document: /,
  mp4: /^MP4 or other video: /,
};

const HEADS = {
  'heif-of-one-brand': [box('mif1', 'heic'), /^HEIC photo: /],
  'heif-unknown-coding': [box('mif1', 'miaf'), /^HEIF image: /],
  'avif-behind-mif1': [box('mif1', 'avif'), /^AVIF image: /],
  'avif-sequence': [box('avis', 'msf1'), /^AVIF image: /],
  'heic-sequence': [box('hevc', 'msf1'), /^HEIC photo: /],
  'jpeg-2000-high-throughput': [
    join(u32be(12), 'jP  \r\n\x87\n', u32be(20), 'ftypjph \0\0\0\0jph '),
    /^JPEG 2000 image: /,
  ],
  cr3: [box('crx ', 'crx ', 'isom'), /^Canon CR3 camera raw: develop it/],
  raf: ['FUJIFILMCCD-RAW 0201FF383501', /^Fujifilm RAF camera raw: /],
  rw2: [join('IIU\0\x18\0\0\0', Buffer.alloc(40)), /^Panasonic or Leica RW2 camera raw: /],
  orf: [join('IIRO\x08\0\0\0', Buffer.alloc(40)), /^Olympus ORF camera raw: /],
  'orf-big-endian': [join('MMOR\0\0\0\x08', Buffer.alloc(40)), /^Olympus ORF camera raw: /],
  x3f: [join('FOVb', Buffer.alloc(40)), /^Sigma X3F camera raw: /],
  mrw: [join('\0MRM', Buffer.alloc(40)), /^Minolta MRW camera raw: /],
  crw: [join('II\x1a\0\0\0HEAPCCDR', Buffer.alloc(40)), /^Canon CRW camera raw: /],
  psb: [join('8BPS\0\x02', Buffer.alloc(60)), /^Photoshop large document \(PSB\): /],
  xcf: ['gimp xcf v011\0', /^GIMP document/],
  mov: [box('qt  ', 'qt  '), /^QuickTime video: /],
  'mov-without-brand': [join(u32be(8), 'wide', u32be(100), 'mdat', Buffer.alloc(92)), /^QuickTime video: /],
  '3gp': [box('3gp4', 'isom'), /^MP4 or other video: /],
  webm: [join([0x1a, 0x45, 0xdf, 0xa3], Buffer.alloc(40)), /^Matroska or WebM video: /],
  avi: [join('RIFF', [60, 0, 0, 0], 'AVI LIST', Buffer.alloc(60)), /^AVI video: /],
  jxr: [join('II\xbc\x01', Buffer.alloc(40)), /^JPEG XR image: /],
  mng: [join('\x8aMNG\r\n\x1a\n', Buffer.alloc(40)), /^MNG animation: /],
  'svg-utf-16': [Buffer.from('\ufeff<svg xmlns="http://www.w3.org/2000/svg"/>', 'utf16le'), /^SVG drawing: /],
  'svg-behind-comments': [`<?xml version="1.0"?>\n<!-- ${'made by hand '.repeat(20)} -->\n<svg/>`, /^SVG drawing: /],
  rtf: ['{\\rtf1\\ansi}', /^RTF document: /],
  pam: ['P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\n\0', /^Netpbm image/],
};

export async function* namedFormats() {
  const named = (name, bytes, names) => ({
    family: 'named format',
    name,
    bytes: join(bytes),
    expect: ['unsupported_format'],
    names,
  });
  const files = await foreignFiles();
  for (const [name, names] of Object.entries(NAMES)) yield named(`${name}.jpg`, files[name], names);
  for (const [name, [bytes, names]] of Object.entries(HEADS)) yield named(`${name}.jpg`, bytes, names);
  for (const [name, [bytes, names]] of Object.entries(JPEG_KINDS)) {
    yield named(`${name}.jpg`, bytes, names);
    // Wherever the frame stands.
    const late = inserted(bytes, 2, ...Array(20).fill(jpegSegment(0xe5, Buffer.alloc(60_000, 0xff))));
    yield named(`${name}-late.jpg`, late, names);
  }
  const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#123456' } })
    .png()
    .toBuffer();
  yield named('ios.png', inserted(png, 8, pngChunk('CgBI', [0x50, 0, 0x20, 6])), /^iOS-optimized PNG \(CgBI\): /);
  const bmp = (bits, compression, header = 40) =>
    bmpFile(8, 8, bits, Buffer.alloc(512), { compression, header, palette: Buffer.alloc(16) });
  yield named('jpeg-inside.bmp', bmp(0, 4), /^BMP with a JPEG inside: /);
  yield named('png-inside.bmp', bmp(0, 5), /^BMP with a PNG inside: /);
  yield named('cmyk.bmp', bmp(32, 11), /^BMP in CMYK: /);
  yield named('2-bit.bmp', bmp(2, 0), /^BMP of 2 bits a pixel: /);
  yield named('64-bit.bmp', bmp(64, 0), /^BMP of 64 bits a pixel: /);
  // Damage is still called damage, and nothing is asked of a header that is not there.
  const corrupt = (name, bytes) => ({ family: 'named format', name, bytes, expect: ['corrupt_photo'] });
  yield corrupt('no-frame.jpg', join([0xff, 0xd8], jpegSegment(0xe0, 'JFIF\0'), [0xff, 0xd9]));
  yield corrupt('header-alone.png', pngHeader(8, 8));
  yield corrupt('unknown-coding.bmp', bmp(24, 9));
}
