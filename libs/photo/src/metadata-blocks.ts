import { closeSync, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Metadata } from 'sharp';
import { type ExifDeclarations, readExif } from './exif.js';
import type { NativeFormat } from './header/index.js';
import { pngChunks, type PngChunk } from './png-chunks.js';
import { readPngText, readRawProfile } from './png-text.js';
import { xmpOrientation } from './xmp.js';

/** The metadata of a photo that declare how it is shown, in the order in which they count. */
export interface MetadataBlocks {
  /** What each EXIF block declares. */
  readonly exif: readonly ExifDeclarations[];
  readonly xmp: readonly Buffer[];
  /** Color profiles in places where the decoder does not look. */
  readonly profiles: readonly Buffer[];
  /** Of a PNG: the chunks ahead of its pixels. */
  readonly pngHead?: readonly PngChunk[];
}

/** @param found what the decoder found in the file's header */
export async function readMetadataBlocks(path: string, format: NativeFormat, found: Metadata): Promise<MetadataBlocks> {
  if (format === 'PNG') return readPngBlocks(await readFile(path));
  const xmp = found.xmp ? [found.xmp] : [];
  if (format === 'TIFF') return { exif: [readTiffExif(path)], xmp, profiles: [] };
  return { exif: found.exif ? [readExif(found.exif)] : [], xmp, profiles: [] };
}

function readTiffExif(path: string): ExifDeclarations {
  const file = openSync(path, 'r');
  try {
    return readExif((at, length) => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(file, bytes, 0, length, at));
    });
  } finally {
    closeSync(file);
  }
}

/** Keywords of texts that hold EXIF, XMP and ICC data, as ImageMagick, exiftool and Adobe write them. */
const RAW_EXIF = ['Raw profile type exif', 'Raw profile type APP1'];
const RAW_XMP = ['Raw profile type xmp'];
const RAW_PROFILE = ['Raw profile type icc', 'Raw profile type icm'];
const XMP = 'XML:com.adobe.xmp';
const KEYWORDS = [...RAW_EXIF, ...RAW_XMP, ...RAW_PROFILE, XMP];
const XMP_MARK = 'http://ns.adobe.com/xap/1.0/\0';

function readPngBlocks(bytes: Buffer): MetadataBlocks {
  const head: PngChunk[] = [];
  const chunks: Buffer[] = [];
  const [rawExif, xmp, rawXmp, profiles]: Buffer[][] = [[], [], [], []];
  let isHead = true;
  for (const chunk of pngChunks(bytes)) {
    isHead &&= chunk.type !== 'IDAT';
    if (isHead) head.push(chunk);
    if (chunk.type === 'eXIf') chunks.push(chunk.data);
    const text = readPngText(chunk, (keyword) => KEYWORDS.includes(keyword));
    if (text === undefined) continue;
    const block = text.keyword === XMP ? text.bytes : readRawProfile(text.bytes);
    if (block === undefined) continue;
    if (text.keyword === XMP) xmp.push(block);
    else if (RAW_PROFILE.includes(text.keyword)) profiles.push(block);
    else if (RAW_XMP.includes(text.keyword)) rawXmp.push(block);
    else if (block.toString('latin1', 0, XMP_MARK.length) === XMP_MARK) rawXmp.push(block.subarray(XMP_MARK.length));
    else rawExif.push(block);
  }
  return { exif: [...chunks, ...rawExif].map(readExif), xmp: [...xmp, ...rawXmp], profiles, pngHead: head };
}

/** The orientation that the first block to declare one declares: EXIF before XMP. */
export function declaredOrientation({ exif, xmp }: MetadataBlocks): number | undefined {
  for (const { orientation } of exif) if (orientation !== undefined) return orientation;
  for (const packet of xmp) {
    const orientation = xmpOrientation(packet);
    if (orientation !== undefined) return orientation;
  }
  return undefined;
}
