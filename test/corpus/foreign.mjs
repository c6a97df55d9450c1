// Files that are no photo of an accepted format, whatever they are called, and files that are two things at once.
import sharp from 'sharp';
import { join, seeded, u32be } from './bytes.mjs';
import { scene } from './samples.mjs';

const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90"><rect width="90" height="90"/></svg>';

/** One small file of every other format by name; those that the image library can read when it may are real. */
export async function foreignFiles() {
  const small = () => sharp(scene(16, 12), { raw: { width: 16, height: 12, channels: 3 } });
  const card = (text) => text.padEnd(80);
  const fits = [
    'SIMPLE  =                    T',
    'BITPIX  =                    8',
    'NAXIS   =                    2',
    'NAXIS1  =                   16',
    'NAXIS2  =                   12',
    'END',
  ];
  return {
    gif: await small().gif().toBuffer(),
    avif: await small().avif().toBuffer(),
    heic: join(u32be(24), 'ftypheic\0\0\0\0mif1heic', Buffer.alloc(100)),
    svg: SVG,
    'svg-with-prolog': `<?xml version="1.0"?>\n<!DOCTYPE svg>\n${SVG}`,
    'svg-with-entity': `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>${SVG}`,
    svgz: join([0x1f, 0x8b, 8, 0], Buffer.alloc(40)),
    v: vipsFile(),
    pdf: '%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF',
    eps: '%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n',
    ps: '%!PS\n(/etc/passwd) (r) file\n',
    mvg: "push graphic-context\nviewbox 0 0 9 9\nimage over 0,0 0,0 'https://127.0.0.1/x'\npop graphic-context\n",
    msl: '<?xml version="1.0"?><image><read filename="/etc/passwd"/></image>',
    jxl: join([0xff, 0x0a], Buffer.alloc(60, 5)),
    'jxl-container': join(u32be(12), 'JXL \r\n\x87\n', Buffer.alloc(60)),
    jp2: join(u32be(12), 'jP  \r\n\x87\n', Buffer.alloc(60)),
    j2k: join([0xff, 0x4f, 0xff, 0x51], Buffer.alloc(60)),
    fits: fits.map(card).join('').padEnd(2880) + '\0'.repeat(2880),
    ppm: join('P6 16 12 255\n', scene(16, 12)),
    pgm: join('P5 16 12 255\n', scene(16, 12, 1)),
    pfm: join('PF 16 12 -1.0\n', Buffer.alloc(16 * 12 * 12)),
    csv: '1,2,3\n4,5,6\n7,8,9\n',
    matrix: '3 3\n1 2 3\n4 5 6\n7 8 9\n',
    mat: join('MATLAB 5.0 MAT-file'.padEnd(124), [0, 1], 'IM', Buffer.alloc(60)),
    nifti: join([0x5c, 1, 0, 0], Buffer.alloc(340), 'n+1\0'),
    analyze: join([0x5c, 1, 0, 0], Buffer.alloc(344)),
    exr: join([0x76, 0x2f, 0x31, 0x01, 2, 0, 0, 0], Buffer.alloc(100)),
    hdr: join('#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 12 +X 16\n', Buffer.alloc(16 * 12 * 4, 128)),
    psd: join('8BPS\0\x01', Buffer.alloc(60)),
    ico: join([0, 0, 1, 0, 1, 0, 16, 16], Buffer.alloc(60)),
    tga: join([0, 0, 2], Buffer.alloc(60)),
    pcx: join([10, 5, 1, 8], Buffer.alloc(124)),
    xpm: '/* XPM */\nstatic char *a[] = {"1 1 1 1", "a c #000", "a"};',
    qoi: join('qoif', u32be(4), u32be(4), [3, 0], Buffer.alloc(40)),
    dicom: join(Buffer.alloc(128), 'DICM', Buffer.alloc(60)),
    dng: join('II*\x01', Buffer.alloc(60)),
    html: '<!doctype html><script>alert(1)</script>',
    js: 'alert(1)//',
    php: '<?php system($_GET[0]); ?>',
    zip: join('PK\x03\x04', Buffer.alloc(60)),
    elf: join('\x7fELF', Buffer.alloc(60)),
    mp4: join(u32be(24), 'ftypisom', Buffer.alloc(60)),
    text: 'A photo, said the file.\n'.repeat(40),
    'text-like-a-bmp': 'BMW is a maker of cars and motorcycles',
    'text-like-a-webp': 'RIFF....WAVEfmt and then some sound',
    empty: '',
    'one-byte': [0xff],
    'jpeg-magic-half': [0xff, 0xd8],
    'gif-and-javascript': 'GIF89a=1;alert(1)//',
  };
}

/** The library's own format: a header of 64 bytes, then pixels. */
function vipsFile() {
  const header = Buffer.alloc(64);
  header.writeUInt32BE(0x08f2a6b6, 0);
  [16, 12, 3, 8, 0, 0, 22].forEach((value, i) => header.writeInt32BE(value, 4 + 4 * i));
  return join(header, scene(16, 12));
}

export async function* foreign(samples, seed) {
  for (const [name, content] of Object.entries(await foreignFiles())) {
    for (const ending of ['jpg', 'png', 'tiff']) {
      yield { family: 'foreign', name: `${name}.${ending}`, bytes: join(content), expect: ['unsupported_format'] };
    }
  }
  const random = seeded(seed + 2);
  for (let i = 0; i < 60; i++) {
    const bytes = Buffer.from(Array.from({ length: Math.floor(2000 * random()) }, () => 256 * random()));
    yield { family: 'random bytes', name: `noise-${i}.jpg`, bytes };
    const magic = ['ffd8ffe0', '89504e470d0a1a0a', '49492a0008000000', '524946460001000057454250', '424d'][i % 5];
    yield { family: 'random bytes', name: `magic-${i}.jpg`, bytes: join(Buffer.from(magic, 'hex'), bytes) };
  }
  yield* polyglots(samples, random);
}

function* polyglots(samples, random) {
  const two = (name, bytes, expect, whole) => ({ family: 'two in one', name, bytes, expect, whole });
  const { 'baseline.jpg': jpeg, 'plain.png': png, '24.bmp': bmp, 'lossy.webp': webp, 'lzw.tiff': tiff } = samples;
  const archive = join(
    'PK\x03\x04',
    Array.from({ length: 200_000 }, () => 256 * random()),
    'PK\x05\x06',
    Buffer.alloc(18),
  );
  const tails = {
    zip: archive,
    html: Buffer.from('<script>alert(1)</script>'),
    jpeg,
    png,
    gif: Buffer.from('GIF89a;'),
  };
  for (const [name, tail] of Object.entries(tails)) {
    for (const [sample, bytes] of Object.entries({
      'baseline.jpg': jpeg,
      'plain.png': png,
      '24.bmp': bmp,
      'lossy.webp': webp,
      'lzw.tiff': tiff,
    })) {
      yield two(`${sample}-and-${name}`, join(bytes, tail), 'accept', sample);
    }
  }
  yield two('pdf-and-jpeg', join('%PDF-1.7\n', jpeg), ['unsupported_format']);
  yield two('zip-and-jpeg', join(archive, jpeg), ['unsupported_format']);
  yield two('html-after-jpeg-magic', join([0xff, 0xd8, 0xff], '<html><script>alert(1)</script></html>'), [
    'corrupt_photo',
  ]);
  yield two('svg-after-png-magic', join(png.subarray(0, 8), SVG), ['corrupt_photo']);
  yield two('svg-after-tiff-magic', join('II*\0', SVG), ['corrupt_photo']);
  yield two('gif-after-jpeg-start', join(jpeg.subarray(0, 2), 'GIF89a', Buffer.alloc(50)), ['unsupported_format']);
  yield two('png-in-riff', join('RIFF', [0xff, 0xff, 0, 0], 'WEBP', png), ['corrupt_photo']);
}
