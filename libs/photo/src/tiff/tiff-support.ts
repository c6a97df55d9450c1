import { corruptPhoto, unsupportedKind } from '../photo-errors.js';
import { PHOTOMETRIC, type TiffPage } from './tiff-page.js';

/** What the samples beside those of the color mean for the print. */
export type ExtraSamplesUse = 'none' | 'alpha' | 'ignored';

const UNSIGNED = [1, 4];
const [NO_COMPRESSION, JPEG, WEBP] = [1, 7, 50_001];
const PIXEL_COMPRESSIONS: Readonly<Record<number, string>> = {
  2: 'fax',
  3: 'fax',
  4: 'fax',
  [JPEG]: 'JPEG',
  [WEBP]: 'WebP',
};
const FAX = [2, 3, 4];
/** LZW and Deflate: the Predictor tag counts with them alone. */
const PREDICTED = [5, 8, 32_946];
const ANY_PIXELS = [1, 32_773, ...PREDICTED];
/** Those whose chroma samples are put back where they belong when no JPEG does it; others come out wrong. */
const SUBSAMPLINGS = ['1,2', '2,1', '2,2', '4,1', '4,2'];
const ASSOCIATED_ALPHA = 1;
/** The second is what CorelDRAW 10 writes. */
const UNASSOCIATED_ALPHA = [2, 999];

const SAMPLE_FORMATS: Readonly<Record<number, string>> = {
  2: 'signed integer',
  3: 'floating-point',
  5: 'complex integer',
  6: 'complex floating-point',
};

const COMPRESSIONS: Readonly<Record<number, string>> = {
  6: 'old-style JPEG',
  9: 'JBIG',
  10: 'JBIG',
  32_766: 'NeXT',
  32_771: 'CCITT RLE/W',
  32_809: 'ThunderScan',
  32_895: 'IT8 CT',
  32_896: 'IT8 linework',
  32_897: 'IT8 monochrome picture',
  32_898: 'IT8 binary linework',
  32_908: 'Pixar',
  32_909: 'PixarLog',
  32_947: 'Kodak DCS',
  33_003: 'JPEG 2000',
  33_004: 'JPEG 2000',
  33_005: 'JPEG 2000',
  33_007: 'JPEG 2000',
  34_661: 'JBIG',
  34_663: 'JBIG2',
  34_676: 'SGILog',
  34_677: 'SGILog24',
  34_712: 'JPEG 2000',
  34_718: 'JPEG-LS',
  34_887: 'LERC',
  34_892: 'lossy JPEG of DNG',
  34_925: 'LZMA',
  34_926: 'Zstandard (ZSTD)',
  34_927: 'WebP of an unregistered code',
  34_933: 'PNG',
  34_934: 'JPEG XR',
  50_000: 'Zstandard (ZSTD)',
  50_002: 'JPEG XL',
  52_546: 'JPEG XL',
};

const PHOTOMETRICS: Readonly<Record<number, string>> = {
  [PHOTOMETRIC.mask]: 'a transparency mask',
  [PHOTOMETRIC.cieLab]: 'CIE L*a*b* color (CIELab)',
  [PHOTOMETRIC.iccLab]: 'ICC L*a*b* color (ICCLab)',
  [PHOTOMETRIC.ituLab]: 'ITU L*a*b* color (ITULab)',
  [PHOTOMETRIC.logL]: 'logarithmic luminance (LogL)',
  [PHOTOMETRIC.logLuv]: 'logarithmic color (LogLuv)',
  [PHOTOMETRIC.depthMap]: 'a depth map',
};

/** A kind of pixels that prints right: bits of a sample, and samples of the color. */
interface ColorModel {
  readonly name: string;
  readonly bits: readonly number[];
  readonly samples: number;
}

const GRAY = { name: 'grayscale', bits: [1, 2, 4, 8, 16], samples: 1 };
const COLOR_MODELS: Readonly<Record<number, ColorModel>> = {
  [PHOTOMETRIC.whiteIsZero]: GRAY,
  [PHOTOMETRIC.blackIsZero]: GRAY,
  [PHOTOMETRIC.rgb]: { name: 'RGB', bits: [8, 16], samples: 3 },
  [PHOTOMETRIC.palette]: { name: 'palette', bits: [1, 2, 4, 8, 16], samples: 1 },
  [PHOTOMETRIC.separated]: { name: 'CMYK', bits: [8, 16], samples: 4 },
  [PHOTOMETRIC.yCbCr]: { name: 'YCbCr', bits: [8], samples: 3 },
};

const AS_INTEGERS = 'save it as TIFF with 8 or 16 bits per channel';
const AS_RGB = 'save it as RGB or grayscale TIFF with 8 or 16 bits per channel';
const WITH_LZW = 'save it as TIFF with LZW or Deflate compression, or without any';
const FLATTENED = 'save it without its extra channels';

/**
 * Lets through the combinations of color space, sample format, compression and layout that are proven to print as an
 * independent reader shows them.
 * @throws PhotoError `unsupported_format` naming the first thing that is not, `corrupt_photo` when the tags contradict one another
 */
export function checkSupported(page: TiffPage): ExtraSamplesUse {
  checkSamples(page);
  const model = colorModelOf(page);
  const extraSamples = page.samplesPerPixel - model.samples;
  if (extraSamples < 0) throw corruptPhoto(`TIFF with ${page.samplesPerPixel} samples of ${model.name}`);
  const bits = page.bitsPerSample[0];
  if (!model.bits.includes(bits)) throw refused(`${bits}-bit ${model.name}`, AS_INTEGERS);
  checkCompression(page, bits, extraSamples);
  if (page.photometric === PHOTOMETRIC.palette) checkColorMap(page, bits);
  if (page.photometric === PHOTOMETRIC.yCbCr) checkYCbCr(page);
  if (page.isTiled && page.hasSeparatePlanes && page.samplesPerPixel > 1) {
    throw refused('tiles in separate planes', 'save it as TIFF with interleaved channels');
  }
  return extraSamples === 0 ? 'none' : extraSamplesUse(page, extraSamples, model, bits);
}

function checkSamples({ bitsPerSample, sampleFormats }: TiffPage): void {
  if (new Set(bitsPerSample).size > 1) {
    throw refused(`channels of different depths (${bitsPerSample.join(', ')} bits)`, AS_INTEGERS);
  }
  const odd = sampleFormats.find((format) => !UNSIGNED.includes(format));
  if (odd === undefined) return;
  throw refused(
    `${bitsPerSample[0]}-bit ${SAMPLE_FORMATS[odd] ?? `unknown (SampleFormat ${odd})`} samples`,
    AS_INTEGERS,
  );
}

function colorModelOf({ photometric, inkSet, numberOfInks = 4, samplesPerPixel }: TiffPage): ColorModel {
  if (photometric === undefined) throw refused('no PhotometricInterpretation', AS_RGB);
  if (photometric in PHOTOMETRICS) throw refused(PHOTOMETRICS[photometric], AS_RGB);
  if (!(photometric in COLOR_MODELS)) throw refused(`PhotometricInterpretation ${photometric}`, AS_RGB);
  const isCmyk = inkSet === 1 && numberOfInks === 4 && samplesPerPixel >= 4;
  if (photometric === PHOTOMETRIC.separated && !isCmyk) {
    throw refused('inks other than CMYK', 'save it as RGB or CMYK TIFF');
  }
  return COLOR_MODELS[photometric];
}

function checkCompression(page: TiffPage, bits: number, extraSamples: number): void {
  const { compression, predictor } = page;
  if (ANY_PIXELS.includes(compression)) {
    const isPredicted = PREDICTED.includes(compression) && predictor !== 1;
    if (!isPredicted || (predictor === 2 && bits >= 8)) return;
    throw refused(`predictor ${predictor} over ${bits}-bit samples`, WITH_LZW);
  }
  const name = `${COMPRESSIONS[compression] ?? PIXEL_COMPRESSIONS[compression] ?? `unknown (${compression})`} compression`;
  if (!(compression in PIXEL_COMPRESSIONS)) throw refused(name, WITH_LZW);
  if (!fitsCompression(page, bits, extraSamples)) throw refused(`${name} of other pixels than it is for`, WITH_LZW);
}

/** Whether pixels are of a kind that their compression is proven for. */
function fitsCompression(page: TiffPage, bits: number, extraSamples: number): boolean {
  const { compression, photometric, hasSeparatePlanes } = page;
  const isGray = photometric === PHOTOMETRIC.whiteIsZero || photometric === PHOTOMETRIC.blackIsZero;
  const isRgb = photometric === PHOTOMETRIC.rgb;
  if (FAX.includes(compression)) return bits === 1 && isGray && extraSamples === 0;
  if (bits !== 8) return false;
  if (compression === WEBP) return isRgb && !hasSeparatePlanes;
  return photometric !== PHOTOMETRIC.palette && (extraSamples === 0 || (isRgb && !hasSeparatePlanes));
}

function checkColorMap({ colorMapLength }: TiffPage, bits: number): void {
  const wanted = 3 * 2 ** bits;
  if (colorMapLength === wanted) return;
  throw refused(`a color map of ${colorMapLength} values where ${bits}-bit pixels need ${wanted}`, AS_RGB);
}

function checkYCbCr({ compression, isTiled, hasSeparatePlanes, chromaSubsampling }: TiffPage): void {
  if (compression === JPEG && !hasSeparatePlanes) return;
  const isProven = !isTiled && !hasSeparatePlanes && SUBSAMPLINGS.includes(chromaSubsampling.join());
  const kind = compression === NO_COMPRESSION ? 'uncompressed YCbCr color' : 'YCbCr color without JPEG compression';
  if (!isProven) throw refused(kind, AS_RGB);
}

function extraSamplesUse(page: TiffPage, count: number, { name }: ColorModel, bits: number): ExtraSamplesUse {
  const { photometric, extraSamples } = page;
  const isWithAlpha = photometric !== PHOTOMETRIC.palette && photometric !== PHOTOMETRIC.yCbCr && bits >= 8;
  if (!isWithAlpha) throw refused(`${bits}-bit ${name} with extra channels`, FLATTENED);
  // Readers agree to take one sample that nothing is said of for transparency.
  const meanings = extraSamples.length === 0 && count === 1 ? [UNASSOCIATED_ALPHA[0]] : extraSamples;
  if (meanings.length !== count) throw refused('extra channels without a description', FLATTENED);
  if (meanings.every((meaning) => meaning === 0)) return 'ignored';
  const [meaning] = meanings;
  if (count > 1) throw refused('transparency beside other extra channels', FLATTENED);
  if (photometric === PHOTOMETRIC.separated && (bits !== 8 || meaning === ASSOCIATED_ALPHA)) {
    throw refused(
      `${bits}-bit CMYK with ${meaning === ASSOCIATED_ALPHA ? 'premultiplied ' : ''}transparency`,
      FLATTENED,
    );
  }
  if (meaning === ASSOCIATED_ALPHA || UNASSOCIATED_ALPHA.includes(meaning)) return 'alpha';
  throw refused(`an extra channel of unknown meaning (ExtraSamples ${meaning})`, FLATTENED);
}

function refused(what: string, advice: string): Error {
  return unsupportedKind(`TIFF with ${what}`, advice);
}
