import { isSecondary, PHOTOMETRIC, subDirectories, TAG } from './tiff-page.js';
import type { TiffDirectory, TiffStructure } from './tiff-structure.js';

/** Makers by the beginning of the Make tag, with the name of their raw format where it is kept in a TIFF container. */
const RAW_FORMATS: readonly (readonly [make: RegExp, format: string])[] = [
  [/^canon/i, 'Canon camera raw (CR2, TIF)'],
  [/^nikon/i, 'Nikon camera raw (NEF, NRW)'],
  [/^sony/i, 'Sony camera raw (ARW, SR2)'],
  [/^(pentax|asahi|ricoh)/i, 'Pentax camera raw (PEF)'],
  [/^samsung/i, 'Samsung camera raw (SRW)'],
  [/^(olympus|om digital)/i, 'Olympus camera raw (ORF)'],
  [/^panasonic/i, 'Panasonic camera raw (RW2)'],
  [/^leica/i, 'Leica camera raw (RWL)'],
  [/^fuji/i, 'Fujifilm camera raw (RAF)'],
  [/^(hasselblad|imacon)/i, 'Hasselblad camera raw (3FR, FFF)'],
  [/^phase one/i, 'Phase One camera raw (IIQ)'],
  [/^leaf/i, 'Leaf camera raw (MOS)'],
  [/^mamiya/i, 'Mamiya camera raw (MEF)'],
  [/^(seiko )?epson/i, 'Epson camera raw (ERF)'],
  [/^(eastman )?kodak/i, 'Kodak camera raw (DCR, KDC)'],
];

const RAW_PHOTOMETRICS: readonly number[] = [PHOTOMETRIC.colorFilterArray, PHOTOMETRIC.linearRaw];
/** Kodak, Sony ARW, Samsung SRW and Epson ERF, Nikon NEF, Kodak DCR, Pentax PEF. */
const RAW_COMPRESSIONS: readonly number[] = [262, 32_767, 32_769, 32_770, 32_772, 34_713, 65_000, 65_535];
const RAW_TAGS = [TAG.CFAPattern, TAG.CFARepeatPatternDim, TAG.LeafSettings, TAG.DNGPrivateData];

/**
 * The camera raw format that a TIFF container holds, by content: its first page is often a small preview, which must not be
 * taken for the photo.
 * @param first the first page's directory
 * @returns undefined for a TIFF that is no camera raw
 */
export async function cameraRawIn(tiff: TiffStructure, first: TiffDirectory): Promise<string | undefined> {
  if (first.entries.has(TAG.DNGVersion)) return 'Digital Negative camera raw (DNG)';
  const { head, layout } = tiff;
  if (head.toString('latin1', 8, 10) === 'CR') return RAW_FORMATS[0][1];
  // Phase One writes its own mark behind the header.
  if (['IIII', 'MMMM'].includes(head.toString('latin1', 8, 12)) && !layout.isBig) return formatOf('Phase One');
  const make = await tiff.text(first, TAG.Make);
  const below = await subDirectories(tiff, first);
  for (const directory of [first, ...below.map(({ directory }) => directory)]) {
    if (await holdsSensorData(tiff, directory)) return formatOf(make);
  }
  // A camera's preview whose photo lies below it.
  const hasPreviewOnly = first.entries.has(TAG.SubIFDs) && (await isSecondary(tiff, first));
  return hasPreviewOnly && RAW_FORMATS.some(([known]) => known.test(make)) ? formatOf(make) : undefined;
}

function formatOf(make: string): string {
  return RAW_FORMATS.find(([known]) => known.test(make))?.[1] ?? 'Camera raw';
}

async function holdsSensorData(tiff: TiffStructure, directory: TiffDirectory): Promise<boolean> {
  if (RAW_TAGS.some((tag) => directory.entries.has(tag))) return true;
  const [photometric] = (await tiff.numbers(directory, TAG.PhotometricInterpretation)) ?? [];
  const [compression] = (await tiff.numbers(directory, TAG.Compression)) ?? [];
  return RAW_PHOTOMETRICS.includes(photometric) || RAW_COMPRESSIONS.includes(compression);
}
