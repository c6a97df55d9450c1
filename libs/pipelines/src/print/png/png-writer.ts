import { deflateSync } from 'node:zlib';
import { OutputFile } from '../output-file.js';
import type { EncodedBand, PrintFormat, PrintWriter } from '../output-profile.js';
import { checkComplete } from '../strips.js';
import { combineAdler } from './adler.js';
import { PNG_SIGNATURE, pngChunk } from './chunks.js';

interface PngMetadata extends PrintFormat {
  readonly rowsPerStrip: number;
  readonly iccProfile: Uint8Array;
}

/** A last block of a deflate stream with nothing in it. */
const END_OF_STREAM = Uint8Array.from([0x03, 0x00]);

/** Writes what stands around the strips of a PNG, each of which is an IDAT chunk. */
export class PngWriter implements PrintWriter {
  private strips = 0;
  private checksum = 1;

  private constructor(
    private readonly file: OutputFile,
    private readonly metadata: PngMetadata,
  ) {}

  /** Creates or truncates the file. */
  static async create(path: string, metadata: PngMetadata): Promise<PngWriter> {
    const file = await OutputFile.create(path);
    await file.append(Buffer.concat([PNG_SIGNATURE, header(metadata), colors(metadata), density(metadata)]));
    return new PngWriter(file, metadata);
  }

  async append({ bytes, stripSizes, checksum }: EncodedBand): Promise<void> {
    const { widthPx, heightPx, rowsPerStrip } = this.metadata;
    const y0 = this.strips * rowsPerStrip;
    this.strips += stripSizes!.length;
    const rows = Math.min(heightPx, this.strips * rowsPerStrip) - y0;
    this.checksum = combineAdler(this.checksum, checksum!, rows * (widthPx * 3 + 1));
    await this.file.append(bytes!);
  }

  async finish(): Promise<number> {
    checkComplete(this.strips, this.metadata, this.metadata.rowsPerStrip);
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(this.checksum);
    await this.file.append(Buffer.concat([pngChunk('IDAT', END_OF_STREAM, checksum), pngChunk('IEND')]));
    await this.file.close();
    return this.file.size;
  }

  async abandon(): Promise<void> {
    await this.file.abandon();
  }
}

function header({ widthPx, heightPx }: PrintFormat): Uint8Array {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(widthPx, 0);
  data.writeUInt32BE(heightPx, 4);
  // Bits per sample and RGB; the only compression and filter method there are; not interlaced.
  data.set([8, 2, 0, 0, 0], 8);
  return pngChunk('IHDR', data);
}

function colors({ iccProfile }: PngMetadata): Uint8Array {
  return pngChunk('iCCP', Buffer.from('sRGB\0\0', 'latin1'), deflateSync(iccProfile));
}

function density({ dpi }: PrintFormat): Uint8Array {
  const data = Buffer.alloc(9);
  const perMeter = Math.round(dpi / 0.0254);
  data.writeUInt32BE(perMeter, 0);
  data.writeUInt32BE(perMeter, 4);
  data.writeUInt8(1, 8);
  return pngChunk('pHYs', data);
}
