import { OutputFile } from '../output-file.js';
import type { EncodedBand, PrintWriter } from '../output-profile.js';
import { checkComplete } from '../strips.js';
import { encodeDirectory, type TiffMetadata } from './tiff-directory.js';

const HEADER_BYTES = 8;

/** Writes the strips of a TIFF in the order of their rows and the directory behind them. */
export class TiffWriter implements PrintWriter {
  private readonly stripOffsets: number[] = [];
  private readonly stripSizes: number[] = [];

  private constructor(
    private readonly file: OutputFile,
    private readonly metadata: TiffMetadata,
  ) {}

  /** Creates or truncates the file. */
  static async create(path: string, metadata: TiffMetadata): Promise<TiffWriter> {
    const file = await OutputFile.create(path);
    await file.append(new Uint8Array(HEADER_BYTES));
    return new TiffWriter(file, metadata);
  }

  async append({ bytes, stripSizes }: EncodedBand): Promise<void> {
    let offset = this.file.size;
    for (const size of stripSizes!) {
      this.stripOffsets.push(offset);
      this.stripSizes.push(size);
      offset += size;
    }
    await this.file.append(bytes!);
  }

  async finish(): Promise<number> {
    const { file, metadata, stripOffsets, stripSizes } = this;
    checkComplete(stripSizes.length, metadata, metadata.rowsPerStrip);
    // Directories start on even offsets.
    if (file.size % 2 === 1) await file.append(new Uint8Array(1));
    const directoryOffset = file.size;
    await file.append(encodeDirectory(directoryOffset, { ...metadata, stripOffsets, stripSizes }));
    const header = Buffer.from([0x49, 0x49, 42, 0, 0, 0, 0, 0]);
    header.writeUInt32LE(directoryOffset, 4);
    await file.overwrite(0, header);
    await file.close();
    return file.size;
  }

  async abandon(): Promise<void> {
    await this.file.abandon();
  }
}
