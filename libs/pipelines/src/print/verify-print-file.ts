import { stat } from 'node:fs/promises';
import sharp, { type Metadata } from 'sharp';
import { type PrintFileInfo, RenderError } from '#core';
import type { PrintFormat } from './output-profile.js';
import { readTiffCompression } from './tiff/tiff-compression.js';

/** Formats that have one compression only. */
const BUILT_IN: Readonly<Record<string, string>> = { png: 'deflate', jpeg: 'jpeg' };

/**
 * Metadata in the header of a finished print file.
 * @throws RenderError `internal` when it cannot be read or its size in pixels or its resolution is not the ordered one
 */
export async function verifyPrintFile(path: string, ordered: PrintFormat): Promise<PrintFileInfo> {
  const [{ size }, header] = await Promise.all([stat(path), readHeader(path)]);
  const { format, width: widthPx, height: heightPx, space } = header;
  const compression = format === 'tiff' ? await readTiffCompression(path) : (BUILT_IN[format] ?? 'none');
  const dpi = Math.round(header.density ?? 0);
  if (widthPx !== ordered.widthPx || heightPx !== ordered.heightPx || dpi !== ordered.dpi) {
    throw new RenderError('internal', `The print came out as ${widthPx}x${heightPx} at ${dpi} dpi`);
  }
  return { format, widthPx, heightPx, dpi, compression, colorSpace: space, sizeBytes: size };
}

async function readHeader(path: string): Promise<Metadata> {
  try {
    return await sharp(path, { limitInputPixels: false }).metadata();
  } catch (cause) {
    throw new RenderError('internal', 'The finished print cannot be read', { cause });
  }
}
