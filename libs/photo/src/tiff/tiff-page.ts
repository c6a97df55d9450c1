import { corruptPhoto } from '../photo-errors.js';
import type { TiffDirectory, TiffStructure } from './tiff-structure.js';

/** Tags by their names in the specification (TIFF 6.0, its supplements, TIFF/EP, DNG). */
export const TAG = {
  NewSubfileType: 254,
  SubfileType: 255,
  ImageWidth: 256,
  BitsPerSample: 258,
  Compression: 259,
  PhotometricInterpretation: 262,
  Make: 271,
  StripOffsets: 273,
  Orientation: 274,
  SamplesPerPixel: 277,
  StripByteCounts: 279,
  PlanarConfiguration: 284,
  Predictor: 317,
  ColorMap: 320,
  TileWidth: 322,
  TileOffsets: 324,
  TileByteCounts: 325,
  SubIFDs: 330,
  InkSet: 332,
  NumberOfInks: 334,
  ExtraSamples: 338,
  SampleFormat: 339,
  YCbCrSubsampling: 530,
  CFARepeatPatternDim: 33_421,
  CFAPattern: 33_422,
  LeafSettings: 34_310,
  DNGVersion: 50_706,
  DNGPrivateData: 50_740,
} as const;

export const PHOTOMETRIC = {
  whiteIsZero: 0,
  blackIsZero: 1,
  rgb: 2,
  palette: 3,
  mask: 4,
  separated: 5,
  yCbCr: 6,
  cieLab: 8,
  iccLab: 9,
  ituLab: 10,
  colorFilterArray: 32_803,
  logL: 32_844,
  logLuv: 32_845,
  linearRaw: 34_892,
  depthMap: 51_177,
} as const;

/** How a page's directory declares its pixels to be stored; defaults of the specification filled in. */
export interface TiffPage {
  readonly photometric: number | undefined;
  readonly compression: number;
  /** One for each sample of a pixel, or one for all of them. */
  readonly bitsPerSample: readonly number[];
  readonly sampleFormats: readonly number[];
  readonly samplesPerPixel: number;
  /** What samples beside those of the color are; empty when nothing is said of them. */
  readonly extraSamples: readonly number[];
  readonly hasSeparatePlanes: boolean;
  readonly isTiled: boolean;
  readonly predictor: number;
  readonly inkSet: number;
  readonly numberOfInks: number | undefined;
  readonly colorMapLength: number;
  /** Horizontal and vertical; 2, 2 by default. */
  readonly chromaSubsampling: readonly number[];
  readonly orientation: number;
}

/**
 * Reads the description of a page from its directory.
 * @throws PhotoError `corrupt_photo` when it has no width or no samples, or values lie outside the file
 */
export async function describePage(tiff: TiffStructure, directory: TiffDirectory): Promise<TiffPage> {
  const list = async (tag: number, otherwise: number[]): Promise<number[]> =>
    (await tiff.numbers(directory, tag)) ?? otherwise;
  const first = async (tag: number, otherwise: number): Promise<number> => (await list(tag, [otherwise]))[0];
  // What was overwritten, with zeros for example, is no kind of picture.
  if (!directory.entries.has(TAG.ImageWidth)) throw corruptPhoto('TIFF page without a width');
  const samplesPerPixel = await first(TAG.SamplesPerPixel, 1);
  if (samplesPerPixel < 1) throw corruptPhoto('TIFF page without samples');
  return {
    samplesPerPixel,
    photometric: (await tiff.numbers(directory, TAG.PhotometricInterpretation))?.[0],
    compression: await first(TAG.Compression, 1),
    bitsPerSample: await list(TAG.BitsPerSample, [1]),
    sampleFormats: await list(TAG.SampleFormat, [1]),
    extraSamples: await list(TAG.ExtraSamples, []),
    hasSeparatePlanes: (await first(TAG.PlanarConfiguration, 1)) === 2,
    isTiled: directory.entries.has(TAG.TileWidth),
    predictor: await first(TAG.Predictor, 1),
    inkSet: await first(TAG.InkSet, 1),
    numberOfInks: (await tiff.numbers(directory, TAG.NumberOfInks))?.[0],
    colorMapLength: directory.entries.get(TAG.ColorMap)?.count ?? 0,
    chromaSubsampling: await list(TAG.YCbCrSubsampling, [2, 2]),
    orientation: await first(TAG.Orientation, 1),
  };
}

/** Whether a page is a reduced copy of another one, or a mask for it. */
export async function isSecondary(tiff: TiffStructure, directory: TiffDirectory): Promise<boolean> {
  const [REDUCED, MASK, OLD_REDUCED] = [1, 4, 2];
  const flags = (await tiff.numbers(directory, TAG.NewSubfileType))?.[0];
  if (flags !== undefined) return (flags & (REDUCED | MASK)) !== 0;
  return (await tiff.numbers(directory, TAG.SubfileType))?.[0] === OLD_REDUCED;
}

/** Directories below a page that are looked at; camera raws have up to five. */
const MAX_SUB_DIRECTORIES = 16;

/** A directory below a page. */
export interface SubDirectory {
  readonly directory: TiffDirectory;
  /** Its place among the page's SubIFDs. */
  readonly subifd: number;
  /** Where its offset is stored. */
  readonly linkAt: number;
}

/** The directories that a page names as its SubIFDs; those that are not in the file are left out. */
export async function subDirectories(tiff: TiffStructure, page: TiffDirectory): Promise<SubDirectory[]> {
  const found: SubDirectory[] = [];
  const offsets = ((await tiff.numbers(page, TAG.SubIFDs)) ?? []).slice(0, MAX_SUB_DIRECTORIES);
  const start = page.entries.get(TAG.SubIFDs)?.valuesAt ?? 0;
  for (const [subifd, at] of offsets.entries()) {
    const directory = await tiff.readDirectory(at).catch(() => undefined);
    if (directory !== undefined) found.push({ directory, subifd, linkAt: start + subifd * tiff.offsetBytes });
  }
  return found;
}
