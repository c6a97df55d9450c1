import { open, type FileHandle } from 'node:fs/promises';
import type { EncodedBand, PrintFormat, PrintWriter } from '../output-profile.js';
import { encodeDirectory } from './tiff-directory.js';

export interface TiffOptions extends PrintFormat {
  readonly rowsPerStrip: number;
  /** Code of tag 259. */
  readonly compression: number;
  /** Colour profile to embed. */
  readonly iccProfile: Uint8Array;
}

/** Writes the strips of a TIFF in the order of their rows and the directory behind them. */
export class TiffWriter implements PrintWriter {
  private readonly stripOffsets: number[] = [];
  private readonly stripSizes: number[] = [];
  private position = 8;

  private constructor(
    private readonly file: FileHandle,
    private readonly options: TiffOptions,
  ) {}

  /** Creates or truncates the file. */
  static async create(path: string, options: TiffOptions): Promise<TiffWriter> {
    return new TiffWriter(await open(path, 'w'), options);
  }

  async append({ bytes, stripSizes }: EncodedBand): Promise<void> {
    let offset = this.position;
    for (const size of stripSizes!) {
      this.stripOffsets.push(offset);
      this.stripSizes.push(size);
      offset += size;
    }
    await this.write(bytes!);
  }

  async finish(): Promise<number> {
    const strips = Math.ceil(this.options.heightPx / this.options.rowsPerStrip);
    if (this.stripSizes.length !== strips) throw new RangeError(`${this.stripSizes.length} of ${strips} strips given`);
    if (this.position % 2 === 1) await this.write(Buffer.alloc(1));
    const directoryOffset = this.position;
    const { stripOffsets, stripSizes } = this;
    await this.write(encodeDirectory(directoryOffset, { ...this.options, stripOffsets, stripSizes }));
    const header = Buffer.from([0x49, 0x49, 42, 0, 0, 0, 0, 0]);
    header.writeUInt32LE(directoryOffset, 4);
    await this.file.write(header, 0, 8, 0);
    await this.file.close();
    return this.position;
  }

  async abandon(): Promise<void> {
    await this.file.close().catch(() => undefined);
  }

  private async write(bytes: Uint8Array): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await this.file.write(bytes, done, bytes.length - done, this.position + done);
      done += bytesWritten;
    }
    this.position += bytes.length;
  }
}
