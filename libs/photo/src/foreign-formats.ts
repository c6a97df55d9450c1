/** A format that is known but not printed. */
export interface ForeignFormat {
  readonly kind: string;
  /** What to send instead. */
  readonly advice: string;
}

/** Bytes that {@link recognizeForeign} needs at most. */
export const FOREIGN_HEAD_BYTES = 4096;

const AS_JPEG_OR_PNG = 'export it as a JPEG or PNG';
const RAW_ADVICE =
  'develop it with the camera maker’s program or a raw converter, and export it as a JPEG or 16-bit TIFF';
const VIDEO_ADVICE = 'send a photo; a still picture can be exported from a video as a JPEG';
const DEEP_ADVICE = 'export it in standard dynamic range as a JPEG, a PNG or a TIFF of 8 or 16 bits';
const LAYERS_ADVICE = 'flatten it and export it as a JPEG, PNG or TIFF';
const VECTOR_ADVICE = 'export it as a PNG with the pixels of the print';
const DOCUMENT_ADVICE = 'export the page as a 300 DPI PNG or JPEG';
const ARCHIVE_ADVICE = 'unpack it and send the photo itself';
const TEXT_ADVICE = 'send the photo itself';

type Test = (head: Buffer) => boolean;

const text = (head: Buffer, from: number, to: number): string => head.toString('latin1', from, to);
const starts =
  (...marks: readonly string[]): Test =>
  (head) =>
    marks.some((mark) => text(head, 0, mark.length) === mark);
const has =
  (at: number, ...marks: readonly string[]): Test =>
  (head) =>
    marks.some((mark) => text(head, at, at + mark.length) === mark);
const both =
  (...tests: readonly Test[]): Test =>
  (head) =>
    tests.every((test) => test(head));

/** What a file's first characters are, behind a byte order mark and blanks, in lower case. */
function beginning(head: Buffer): string {
  const isWide = head[0] === 0xff && head[1] === 0xfe;
  return head
    .toString(isWide ? 'utf16le' : 'utf8')
    .replace(/^\ufeff?\s*/, '')
    .toLowerCase();
}

/** The element that an XML or HTML file begins with, behind its declarations and comments. */
function rootElement(head: Buffer): string | undefined {
  let rest = beginning(head);
  if (!rest.startsWith('<')) return undefined;
  if (rest.startsWith('<!doctype html')) return 'html';
  for (let before = ''; rest !== before;) {
    before = rest;
    rest = rest.replace(/^(<\?[^]*?\?>|<!--[^]*?-->|<!doctype[^[>]*(\[[^]*?\]\s*)?>)\s*/, '');
  }
  return /^<([\w:-]+)/.exec(rest)?.[1];
}

/** The brands that an ISO base media file announces: the major one first. */
function brandsOf(head: Buffer): string[] {
  if (text(head, 4, 8) !== 'ftyp') return [];
  const end = Math.min(head.length, Math.max(16, head.readUInt32BE(0)));
  const brands = [text(head, 8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(text(head, at, at + 4));
  return brands;
}

const major =
  (...names: readonly string[]): Test =>
  (head) =>
    names.includes(brandsOf(head)[0]);
const brand =
  (...names: readonly string[]): Test =>
  (head) =>
    brandsOf(head).some((name) => names.includes(name));
const root =
  (...names: readonly string[]): Test =>
  (head) =>
    names.includes(rootElement(head) ?? '');

type Row = readonly [kind: string, advice: string, test: Test];

const HEIC_ADVICE =
  'export it as a JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible; or share it as a JPEG)';

/** The first row that fits counts. */
const PHOTOS: readonly Row[] = [
  ['Canon CR3 camera raw', RAW_ADVICE, brand('crx ')],
  ['AVIF image', AS_JPEG_OR_PNG, brand('avif', 'avis')],
  ['HEIC photo', HEIC_ADVICE, brand('heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs')],
  ['JPEG 2000 image', AS_JPEG_OR_PNG, major('jp2 ', 'jpx ', 'jpm ', 'jph ', 'mjp2')],
  ['JPEG XL image', AS_JPEG_OR_PNG, major('jxl ')],
  ['HEIF image', HEIC_ADVICE, brand('mif1', 'mif2', 'msf1', 'miaf')],
  ['JPEG XL image', AS_JPEG_OR_PNG, starts('\xff\x0a', '\0\0\0\x0cJXL \r\n\x87\n')],
  ['JPEG 2000 image', AS_JPEG_OR_PNG, starts('\0\0\0\x0cjP  \r\n\x87\n', '\0\0\0\x0cjP\x1a\x1a\r\n\x87\n')],
  ['JPEG 2000 codestream', AS_JPEG_OR_PNG, starts('\xff\x4f\xff\x51')],
  ['JPEG XR image', AS_JPEG_OR_PNG, starts('II\xbc')],
  ['GIF image', 'export it as a PNG; of an animation, the frame to be printed', starts('GIF87a', 'GIF89a')],
  ['BPG image', AS_JPEG_OR_PNG, starts('BPG\xfb')],
  ['FLIF image', AS_JPEG_OR_PNG, starts('FLIF')],
  ['QOI image', AS_JPEG_OR_PNG, starts('qoif')],
  ['MNG animation', 'export the frame to be printed as a PNG', starts('\x8aMNG\r\n\x1a\n')],
  ['JNG image', AS_JPEG_OR_PNG, starts('\x8bJNG\r\n\x1a\n')],
  ['Windows icon', 'send the picture itself as a PNG', both(starts('\0\0\x01\0', '\0\0\x02\0'), isIcon)],
  ['Apple icon', 'send the picture itself as a PNG', starts('icns')],
  ['OS/2 bitmap array, icon or pointer', 'save it as a PNG', both(starts('BA', 'IC', 'CI', 'CP', 'PT'), isOs2)],
  ['OpenEXR image', DEEP_ADVICE, starts('\x76\x2f\x31\x01')],
  ['Radiance HDR image', DEEP_ADVICE, starts('#?RADIANCE', '#?RGBE')],
  ['Portable float map', DEEP_ADVICE, isPnm('PF', 'Pf')],
  ['Netpbm image (PBM, PGM, PPM or PAM)', 'save it as a PNG', isPnm('P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7')],
  ['DPX image', DEEP_ADVICE, starts('SDPX', 'XPDS')],
  ['Cineon image', DEEP_ADVICE, starts('\x80\x2a\x5f\xd7')],
  ['SGI image', 'save it as a PNG', both(starts('\x01\xda\0', '\x01\xda\x01'), (head) => [1, 2].includes(head[3]))],
  ['Sun raster image', 'save it as a PNG', starts('\x59\xa6\x6a\x95')],
  ['PCX image', 'save it as a PNG', both(starts('\x0a'), (head) => head[1] <= 5 && head[2] <= 1 && head.length >= 128)],
  ['DDS texture', 'save it as a PNG', starts('DDS ')],
  ['FITS image', DEEP_ADVICE, starts('SIMPLE  =')],
  ['DICOM image', AS_JPEG_OR_PNG, has(128, 'DICM')],
  ['XPM image', 'save it as a PNG', starts('/* XPM */')],
  ['DjVu document', DOCUMENT_ADVICE, starts('AT&TFORM')],
];

const CAMERA_RAWS: readonly Row[] = [
  ['Fujifilm RAF camera raw', RAW_ADVICE, starts('FUJIFILMCCD-RAW')],
  ['Panasonic or Leica RW2 camera raw', RAW_ADVICE, starts('IIU\0')],
  ['Olympus ORF camera raw', RAW_ADVICE, starts('IIRO', 'IIRS', 'MMOR')],
  ['Sigma X3F camera raw', RAW_ADVICE, starts('FOVb')],
  ['Minolta MRW camera raw', RAW_ADVICE, starts('\0MRM')],
  ['Canon CRW camera raw', RAW_ADVICE, has(6, 'HEAPCCDR', 'HEAPJPGM')],
  ['RED R3D camera raw', RAW_ADVICE, has(4, 'RED1', 'RED2')],
  ['ARRI camera raw', RAW_ADVICE, starts('ARRI')],
];

const DOCUMENTS: readonly Row[] = [
  ['Photoshop document (PSD)', LAYERS_ADVICE, starts('8BPS\0\x01')],
  ['Photoshop large document (PSB)', LAYERS_ADVICE, starts('8BPS')],
  ['GIMP document (XCF)', LAYERS_ADVICE, starts('gimp xcf')],
  ['Affinity document', LAYERS_ADVICE, starts('\0\xffKA')],
  ['Clip Studio document', LAYERS_ADVICE, starts('CSFCHUNK')],
  ['Paint Shop Pro document', LAYERS_ADVICE, starts('Paint Shop Pro Image File')],
  ['PDF document', DOCUMENT_ADVICE, (head) => text(head, 0, 1024).includes('%PDF-')],
  ['PostScript document', DOCUMENT_ADVICE, starts('%!PS', '\xc5\xd0\xd3\xc6')],
  ['SVG drawing', VECTOR_ADVICE, isSvg],
  ['Windows metafile', VECTOR_ADVICE, starts('\xd7\xcd\xc6\x9a')],
  ['Windows metafile', VECTOR_ADVICE, both(starts('\x01\0\0\0'), has(40, ' EMF'))],
  ['web page', TEXT_ADVICE, root('html', 'head', 'body', 'script')],
  ['XML document', TEXT_ADVICE, (head) => rootElement(head) !== undefined && beginning(head).startsWith('<?xml')],
  ['RTF document', DOCUMENT_ADVICE, starts('{\\rtf')],
  ['Office document', DOCUMENT_ADVICE, starts('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')],
  ['ZIP archive or Office document', ARCHIVE_ADVICE, starts('PK\x03\x04', 'PK\x05\x06')],
  [
    'archive',
    ARCHIVE_ADVICE,
    starts('Rar!\x1a\x07', '7z\xbc\xaf\x27\x1c', '\x1f\x8b', 'BZh', '\xfd7zXZ\0', '\x28\xb5\x2f\xfd'),
  ],
  ['archive', ARCHIVE_ADVICE, has(257, 'ustar')],
];

const VIDEOS: readonly Row[] = [
  ['QuickTime video', VIDEO_ADVICE, major('qt  ')],
  ['MP4 or other video', VIDEO_ADVICE, (head) => brandsOf(head).length > 0],
  ['QuickTime video', VIDEO_ADVICE, has(4, 'moov', 'mdat', 'wide', 'skip', 'pnot')],
  ['Matroska or WebM video', VIDEO_ADVICE, starts('\x1a\x45\xdf\xa3')],
  ['AVI video', VIDEO_ADVICE, both(starts('RIFF', 'RF64'), has(8, 'AVI '))],
  ['sound file', TEXT_ADVICE, both(starts('RIFF', 'RF64'), has(8, 'WAVE'))],
  ['Flash video', VIDEO_ADVICE, starts('FLV\x01')],
  ['Windows Media video', VIDEO_ADVICE, starts('\x30\x26\xb2\x75\x8e\x66\xcf\x11')],
  ['MPEG video', VIDEO_ADVICE, starts('\0\0\x01\xba', '\0\0\x01\xb3')],
  ['sound file', TEXT_ADVICE, starts('ID3', 'OggS', 'fLaC')],
];

const ROWS = [...PHOTOS, ...CAMERA_RAWS, ...DOCUMENTS, ...VIDEOS];

/**
 * The format of a file that is none of the accepted ones, by its first bytes.
 * @param head at least {@link FOREIGN_HEAD_BYTES} where the file has as many
 * @returns undefined when it is unknown
 */
export function recognizeForeign(head: Buffer): ForeignFormat | undefined {
  const row = head.length < 4 ? undefined : ROWS.find(([, , test]) => test(head));
  return row && { kind: row[0], advice: row[1] };
}

/** An SVG's root element may stand behind declarations of any length. */
function isSvg(head: Buffer): boolean {
  const start = beginning(head);
  return ['svg', 'svg:svg'].includes(rootElement(head) ?? '') || (/^<[?!]/.test(start) && /<svg[\s:>]/.test(start));
}

/** A directory of one to 256 pictures with the sizes that icons have. */
function isIcon(head: Buffer): boolean {
  return head.length >= 22 && head.readUInt16LE(4) >= 1 && head.readUInt16LE(4) <= 256 && head[9] === 0;
}

/** The header of an OS/2 bitmap, or of the array around it, where it declares its length. */
function isOs2(head: Buffer): boolean {
  if (head.length < 32) return false;
  const size = head.readUInt32LE(text(head, 0, 2) === 'BA' ? 28 : 14);
  return [12, 16, 40, 64].includes(size);
}

function isPnm(...marks: readonly string[]): Test {
  return (head) => marks.includes(text(head, 0, 2)) && /\s/.test(text(head, 2, 3));
}
