import { open } from 'node:fs/promises';
import { corruptPhoto, tooManyPages, unsupportedKind } from '../photo-errors.js';
import { cameraRawIn } from './camera-raw.js';
import { describePage, isSecondary, subDirectories, TAG, type TiffPage } from './tiff-page.js';
import { type TiffDirectory, type TiffLayout, TiffStructure } from './tiff-structure.js';
import { checkJpegScans } from './tiff-jpeg-scans.js';
import { checkSupported } from './tiff-support.js';

/** Pages of a photo file, of which only one is printed. The decoder's time grows with the square of their number. */
export const MAX_TIFF_PAGES = 1000;

/** Which page of a TIFF is printed, and how the decoder must be helped to read it right. */
export interface TiffReading {
  readonly layout: TiffLayout;
  /** How sharp finds the page: its place in the chain, and in that page's SubIFDs where it is one of them. */
  readonly page: { readonly page: number; readonly tiff?: { readonly subifd: number } };
  /** Where the offset of the page's directory is stored. */
  readonly linkAt: number;
  /** Extra samples that are no transparency must be dropped. */
  readonly hasIgnoredSamples: boolean;
  /** The Orientation tag, 1 to 8. */
  readonly orientation: number;
  /** Places of 16-bit values that are to be read as 1: they mean nothing here, but the decoder refuses them. */
  readonly meaninglessValues: readonly number[];
}

/** A page and the way to it. */
type Found = Pick<TiffReading, 'page' | 'linkAt'> & { readonly directory: TiffDirectory };

/**
 * Follows a TIFF's chain of pages before a decoder does, and chooses the page to print: the first that is neither a
 * reduced copy nor a mask.
 * @throws PhotoError `unsupported_format` naming what the file holds when it is no photo that prints right,
 *   `corrupt_photo` when the directory is not in the file, `photo_too_complex` for a JPEG of too many scans in it
 */
export async function examineTiff(path: string): Promise<TiffReading> {
  const file = await open(path, 'r');
  try {
    const tiff = await TiffStructure.open(file);
    const links = await linksOf(tiff);
    const first = await tiff.readDirectory(await tiff.offsetAt(links[0]));
    const raw = await cameraRawIn(tiff, first);
    if (raw !== undefined) throw unsupportedKind(raw, 'export it as JPEG or TIFF from a raw converter');
    const found = await pageToPrint(tiff, links, first);
    const page = await describePage(tiff, found.directory);
    const use = checkSupported(page);
    await checkJpegScans(tiff, found.directory, page, path);
    return {
      layout: tiff.layout,
      page: found.page,
      linkAt: found.linkAt,
      hasIgnoredSamples: use === 'ignored',
      orientation: isOrientation(page.orientation) ? page.orientation : 1,
      meaninglessValues: meaninglessValues(found.directory, page),
    };
  } finally {
    await file.close();
  }
}

/** Where the offset of each page's directory is stored. */
async function linksOf(tiff: TiffStructure): Promise<number[]> {
  const links = [tiff.firstLinkAt];
  if ((await tiff.offsetAt(links[0])) === 0) throw corruptPhoto('TIFF has no first page');
  for (;;) {
    const linkAt = await tiff.nextLinkAt(await tiff.offsetAt(links[links.length - 1]));
    if (linkAt === undefined || (await tiff.offsetAt(linkAt)) === 0) return links;
    if (links.length === MAX_TIFF_PAGES) throw tooManyPages(MAX_TIFF_PAGES);
    links.push(linkAt);
  }
}

async function pageToPrint(tiff: TiffStructure, links: readonly number[], first: TiffDirectory): Promise<Found> {
  const opening = { directory: first, page: { page: 0 }, linkAt: links[0] };
  if (!(await isSecondary(tiff, first))) return opening;
  for (const [page, linkAt] of links.entries()) {
    const directory = page === 0 ? first : await tiff.readDirectory(await tiff.offsetAt(linkAt));
    if (!(await isSecondary(tiff, directory))) return { directory, page: { page }, linkAt };
  }
  return (await fullSubPage(tiff, first)) ?? opening;
}

/** The full page among the SubIFDs of the first one. */
async function fullSubPage(tiff: TiffStructure, first: TiffDirectory): Promise<Found | undefined> {
  for (const { directory, subifd, linkAt } of await subDirectories(tiff, first)) {
    if (!(await isSecondary(tiff, directory))) return { directory, page: { page: 0, tiff: { subifd } }, linkAt };
  }
  return undefined;
}

function meaninglessValues({ entries }: TiffDirectory, page: TiffPage): number[] {
  const places: number[] = [];
  const [SHORT] = [3];
  const add = (tag: number): void => {
    const entry = entries.get(tag);
    if (entry?.type === SHORT) places.push(entry.valuesAt);
  };
  if (!isOrientation(page.orientation)) add(TAG.Orientation);
  if (page.hasSeparatePlanes && page.samplesPerPixel === 1) add(TAG.PlanarConfiguration);
  return places;
}

function isOrientation(value: number): boolean {
  return value >= 1 && value <= 8;
}
