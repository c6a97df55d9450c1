import { OutputFile } from '../output-file.js';
import type { EncodedBand, PrintFormat, PrintWriter } from '../output-profile.js';
import { checkComplete } from '../strips.js';
import { jpegSegment, MARKER } from './jpeg-segments.js';

interface JpegMetadata extends PrintFormat {
  readonly rowsPerStrip: number;
  /** Blocks that one restart interval holds. */
  readonly restartInterval: number;
  readonly iccProfile: Uint8Array;
}

/** Writes what stands before the headers of a JPEG's first strip and behind its last. */
export class JpegWriter implements PrintWriter {
  private strips = 0;

  private constructor(
    private readonly file: OutputFile,
    private readonly metadata: JpegMetadata,
  ) {}

  /** Creates or truncates the file. */
  static async create(path: string, metadata: JpegMetadata): Promise<JpegWriter> {
    const file = await OutputFile.create(path);
    await file.append(
      Buffer.concat([Buffer.from([0xff, MARKER.start]), jfif(metadata), icc(metadata), interval(metadata)]),
    );
    return new JpegWriter(file, metadata);
  }

  async append({ bytes, stripSizes }: EncodedBand): Promise<void> {
    this.strips += stripSizes!.length;
    await this.file.append(bytes!);
  }

  async finish(): Promise<number> {
    checkComplete(this.strips, this.metadata, this.metadata.rowsPerStrip);
    await this.file.append(Buffer.from([0xff, MARKER.end]));
    await this.file.close();
    return this.file.size;
  }

  async abandon(): Promise<void> {
    await this.file.abandon();
  }
}

function jfif({ dpi }: PrintFormat): Buffer {
  // Version 1.2, density in dots per inch, no thumbnail.
  const payload = Buffer.from('JFIF\0\x01\x02\x01\0\0\0\0\0\0', 'latin1');
  payload.writeUInt16BE(dpi, 8);
  payload.writeUInt16BE(dpi, 10);
  return jpegSegment(MARKER.jfif, payload);
}

/** The profile is small enough for one segment, the first of one. */
function icc({ iccProfile }: JpegMetadata): Buffer {
  return jpegSegment(MARKER.iccProfile, Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), iccProfile]));
}

function interval({ restartInterval }: JpegMetadata): Buffer {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(restartInterval);
  return jpegSegment(MARKER.restartInterval, payload);
}
