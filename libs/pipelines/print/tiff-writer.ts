import { open, type FileHandle } from 'node:fs/promises';
import { LzwEncoder } from './lzw.js';
import { encodeDirectory } from './tiff-directory.js';

/** A strip is about this large before compression, whatever band height the painter works in. */
const STRIP_BYTES = 256 * 1024;

export interface TiffOptions {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly dpi: number;
  /** Colour profile to embed. */
  readonly iccProfile: Uint8Array;
}

/** Writes an RGB TIFF strip by strip as rows arrive: LZW with horizontal predictor, directory at the end. */
export class TiffWriter {
  private readonly rowBytes: number;
  private readonly rowsPerStrip: number;
  private readonly strip: Uint8Array;
  private readonly packed: Uint8Array;
  private readonly encoder = new LzwEncoder();
  private readonly stripOffsets: number[] = [];
  private readonly stripSizes: number[] = [];
  private rowsInStrip = 0;
  private rowsTaken = 0;
  private position = 8;

  private constructor(
    private readonly file: FileHandle,
    private readonly options: TiffOptions,
  ) {
    this.rowBytes = options.widthPx * 3;
    this.rowsPerStrip = Math.min(options.heightPx, Math.max(1, Math.floor(STRIP_BYTES / this.rowBytes)));
    this.strip = new Uint8Array(this.rowsPerStrip * this.rowBytes);
    this.packed = new Uint8Array(LzwEncoder.worstCase(this.strip.length));
  }

  /** Creates or truncates the file. */
  static async create(path: string, options: TiffOptions): Promise<TiffWriter> {
    return new TiffWriter(await open(path, 'w'), options);
  }

  /** Appends rows from the top down. @param rgb at least rows * widthPx * 3 bytes */
  async append(rgb: Uint8Array, rows: number): Promise<void> {
    const ready: Uint8Array[] = [];
    for (let row = 0; row < rows; row++) {
      this.takeRow(rgb, row * this.rowBytes);
      if (this.rowsInStrip === this.rowsPerStrip || this.rowsTaken === this.options.heightPx) {
        ready.push(this.closeStrip());
      }
    }
    if (ready.length > 0) await this.write(Buffer.concat(ready));
  }

  /** Writes the directory and closes the file. @returns size of the file in bytes */
  async finish(): Promise<number> {
    if (this.rowsTaken !== this.options.heightPx) {
      throw new RangeError(`${this.rowsTaken} of ${this.options.heightPx} rows given`);
    }
    if (this.position % 2 === 1) await this.write(Buffer.alloc(1));
    const directoryOffset = this.position;
    await this.write(
      encodeDirectory(directoryOffset, {
        ...this.options,
        rowsPerStrip: this.rowsPerStrip,
        stripOffsets: this.stripOffsets,
        stripSizes: this.stripSizes,
      }),
    );
    const header = Buffer.from([0x49, 0x49, 42, 0, 0, 0, 0, 0]);
    header.writeUInt32LE(directoryOffset, 4);
    await this.file.write(header, 0, 8, 0);
    await this.file.close();
    return this.position;
  }

  /** Closes the file as it is, for a render that failed. */
  async abandon(): Promise<void> {
    await this.file.close().catch(() => undefined);
  }

  /** Copies a row into the strip as differences to the pixel on its left (predictor 2). */
  private takeRow(rgb: Uint8Array, from: number): void {
    const { strip, rowBytes } = this;
    const to = this.rowsInStrip * rowBytes;
    for (let i = 0; i < 3; i++) strip[to + i] = rgb[from + i];
    for (let i = 3; i < rowBytes; i++) strip[to + i] = rgb[from + i] - rgb[from + i - 3];
    this.rowsInStrip++;
    this.rowsTaken++;
  }

  private closeStrip(): Uint8Array {
    const size = this.encoder.encode(this.strip, this.rowsInStrip * this.rowBytes, this.packed);
    const previous = this.stripOffsets.length - 1;
    const offset = previous < 0 ? 8 : this.stripOffsets[previous] + this.stripSizes[previous];
    this.stripOffsets.push(offset);
    this.stripSizes.push(size);
    this.rowsInStrip = 0;
    return this.packed.slice(0, size);
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
