// Photos that lie on their side and declare it in an unusual place; each must be read upright.
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { join, jpegSegment, pngChunk, tiffEntries, u16be, u16le, u32be, u32le } from './bytes.mjs';
import { CHART_HEIGHT, CHART_WIDTH, chartPng, chartRows, PATCHES } from './chart.mjs';

/** The chart as a camera that was turned stores it: its first row is the right side of the picture. */
const LYING = 6;
const stored = PATCHES.map((color) => color.map((value) => value / 255));

/** Rows of the stored picture, whose top is the picture's right side turned up: orientation 6 asks for a turn clockwise. */
function lyingRows() {
  const upright = chartRows(stored);
  return Array.from({ length: CHART_WIDTH }, (_, y) =>
    Array.from({ length: CHART_HEIGHT }, (_, x) => upright[x][CHART_WIDTH - 1 - y]),
  );
}

export const exifBlock = (value, tag = 0x112) =>
  join('MM\0*', u32be(8), u16be(1), u16be(tag), u16be(3), u32be(1), u16be(value), [0, 0], u32be(0));

const NAMESPACES = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"';
const packet = (description) =>
  `<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF ${NAMESPACES}>` +
  `${description}</rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;
const XMP = {
  attribute: packet(`<rdf:Description rdf:about="" tiff:Orientation="${LYING}"/>`),
  element: packet(`<rdf:Description rdf:about=""><tiff:Orientation>${LYING}</tiff:Orientation></rdf:Description>`),
  renamed: packet('')
    .replaceAll('xmlns:tiff', 'xmlns:T')
    .replace('</rdf:RDF>', `<rdf:Description T:Orientation='${LYING}'/></rdf:RDF>`),
};
const utf8 = (text) => Buffer.from(text, 'utf8');

/** As ImageMagick writes a profile into text. */
const rawProfile = (kind, data) =>
  `\n${kind}\n${String(data.length).padStart(8)}\n${data.toString('hex').replace(/.{72}/g, '$&\n')}\n`;

function* pngs() {
  const block = exifBlock(LYING);
  const marked = join('Exif\0\0', block);
  const text = (keyword, value) => pngChunk('tEXt', join(keyword, [0], utf8(value)));
  const packed = (keyword, value) => pngChunk('zTXt', join(keyword, [0, 0], deflateSync(utf8(value))));
  const international = (keyword, value, isPacked) =>
    pngChunk('iTXt', join(keyword, [0, isPacked ? 1 : 0, 0, 0, 0], isPacked ? deflateSync(utf8(value)) : utf8(value)));
  const xmp = 'XML:com.adobe.xmp';
  yield ['exif', { chunks: [pngChunk('eXIf', block)] }];
  yield ['late-exif', { late: [pngChunk('eXIf', block)] }];
  yield ['raw-exif-text', { chunks: [text('Raw profile type exif', rawProfile('exif', marked))] }];
  yield ['raw-exif-packed', { chunks: [packed('Raw profile type exif', rawProfile('exif', marked))] }];
  yield [
    'raw-exif-international',
    { chunks: [international('Raw profile type exif', rawProfile('exif', marked), true)] },
  ];
  yield ['raw-exif-unmarked', { chunks: [packed('Raw profile type exif', rawProfile('exif', block))] }];
  yield ['raw-app1', { chunks: [packed('Raw profile type APP1', rawProfile('generic profile', marked))] }];
  yield ['raw-exif-late', { late: [packed('Raw profile type exif', rawProfile('exif', marked))] }];
  const app1 = join('http://ns.adobe.com/xap/1.0/\0', utf8(XMP.attribute));
  yield ['raw-app1-xmp', { chunks: [packed('Raw profile type APP1', rawProfile('APP1', app1))] }];
  yield ['raw-xmp', { chunks: [packed('Raw profile type xmp', rawProfile('xmp', utf8(XMP.element)))] }];
  for (const [name, value] of Object.entries(XMP)) yield [`xmp-${name}`, { chunks: [international(xmp, value)] }];
  yield ['xmp-packed', { chunks: [international(xmp, XMP.element, true)] }];
  yield ['xmp-late', { late: [international(xmp, XMP.element)] }];
  yield [
    'exif-without-orientation-then-xmp',
    { chunks: [pngChunk('eXIf', exifBlock(2, 0x128)), international(xmp, XMP.element)] },
  ];
  yield ['exif-orientation-0-then-xmp', { chunks: [pngChunk('eXIf', exifBlock(0)), international(xmp, XMP.element)] }];
}

async function* others() {
  const raw = Buffer.from(
    lyingRows()
      .flat(2)
      .map((value) => Math.round(255 * value)),
  );
  const picture = () => sharp(raw, { raw: { width: CHART_HEIGHT, height: CHART_WIDTH, channels: 3 } });
  const jpeg = await picture().jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
  const labeled = (...segments) => join(jpeg.subarray(0, 2), ...segments, jpeg.subarray(2));
  const xmpSegment = (text) => jpegSegment(0xe1, join('http://ns.adobe.com/xap/1.0/\0', utf8(text)));
  const exifSegment = (block) => jpegSegment(0xe1, join('Exif\0\0', block));
  for (const [name, text] of Object.entries(XMP)) yield [`xmp-${name}.jpg`, labeled(xmpSegment(text))];
  yield ['exif-without-orientation-then-xmp.jpg', labeled(exifSegment(exifBlock(2, 0x128)), xmpSegment(XMP.element))];
  yield ['xmp-and-stray-bytes.jpg', labeled(xmpSegment(XMP.element), [1, 2, 3])];
  const press = await picture().withIccProfile('cmyk').jpeg({ quality: 100 }).toBuffer();
  yield ['xmp-cmyk.jpg', join(press.subarray(0, 2), xmpSegment(XMP.element), press.subarray(2)), 40];
  for (const lossless of [true, false]) {
    const webp = await picture().webp({ lossless, quality: 100 }).toBuffer();
    yield [
      `xmp-${lossless ? 'lossless' : 'lossy'}.webp`,
      webpWithXmp(webp, utf8(XMP.element)),
      lossless ? undefined : 6,
    ];
  }
  for (const compression of ['none', 'lzw']) {
    yield [`xmp-${compression}.tiff`, tiffWithXmp(await picture().tiff({ compression }).toBuffer())];
  }
}

function webpWithXmp(webp, text) {
  const chunk = (type, data) => join(type, u32le(data.length), data, Buffer.alloc(data.length & 1));
  const size = (value) => u32le(value - 1).slice(0, 3);
  const body = join(
    'WEBP',
    chunk('VP8X', join([0x04, 0, 0, 0], size(CHART_HEIGHT), size(CHART_WIDTH))),
    webp.subarray(12),
    chunk('XMP ', text),
  );
  return join('RIFF', u32le(body.length), body);
}

/** The tag of orientation gives way to that of XMP. */
function tiffWithXmp(tiff) {
  const { directory, entries, next } = tiffEntries(tiff);
  const text = utf8(XMP.element);
  const kept = entries.filter(({ tag }) => tag !== 274 && tag !== 700).map(({ at }) => tiff.subarray(at, at + 12));
  const start = tiff.length + (tiff.length & 1);
  const xmp = join(u16le(700), u16le(1), u32le(text.length), u32le(start));
  const all = [...kept, xmp].sort((a, b) => a.readUInt16LE(0) - b.readUInt16LE(0));
  const directoryAt = start + text.length + (text.length & 1);
  const whole = join(
    tiff,
    Buffer.alloc(tiff.length & 1),
    text,
    Buffer.alloc(text.length & 1),
    u16le(all.length),
    ...all,
    tiff.subarray(next, next + 4),
  );
  whole.writeUInt32LE(directoryAt, 4);
  return directory > 0 ? whole : tiff;
}

export async function* declaredOrientations() {
  const upright = (name, bytes, tolerance) => ({
    family: 'declared orientation',
    name,
    bytes,
    expect: 'accept',
    colors: PATCHES,
    tolerance,
  });
  const rows = lyingRows();
  for (const [name, options] of pngs()) yield upright(`${name}.png`, chartPng(stored, { ...options, rows }));
  for await (const [name, bytes, tolerance] of others()) yield upright(name, bytes, tolerance);
  // What stands first is believed.
  const both = {
    chunks: [
      pngChunk('eXIf', exifBlock(1)),
      pngChunk('iTXt', join('XML:com.adobe.xmp', [0, 0, 0, 0, 0], utf8(XMP.element))),
    ],
  };
  yield upright('exif-upright-and-xmp-lying.png', chartPng(stored, both));
  yield upright(
    'late-exif-twice.png',
    chartPng(stored, { chunks: [pngChunk('eXIf', exifBlock(1))], late: [pngChunk('eXIf', exifBlock(LYING))] }),
  );
}
