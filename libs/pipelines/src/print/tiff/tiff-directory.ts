import type { PrintFormat } from '../output-profile.js';

/** The codes of tag 259. */
export const COMPRESSION = { none: 1, lzw: 5, deflate: 8 } as const;

/** The codes of tag 262. */
export const PHOTOMETRIC = { rgb: 2, separated: 5 } as const;

/** Metadata of the pixels of a print TIFF: 8 bits a sample, interleaved. */
export interface TiffMetadata extends PrintFormat {
  readonly rowsPerStrip: number;
  readonly compression: (typeof COMPRESSION)[keyof typeof COMPRESSION];
  readonly photometric: (typeof PHOTOMETRIC)[keyof typeof PHOTOMETRIC];
  readonly samplesPerPixel: number;
  /** Whether rows hold differences to the pixel on the left. */
  readonly predicted: boolean;
  /** Color profile to embed. */
  readonly iccProfile: Uint8Array;
}

interface DirectoryMetadata extends TiffMetadata {
  readonly stripOffsets: readonly number[];
  readonly stripSizes: readonly number[];
}

const FIELD_BYTES = { ascii: 1, short: 2, long: 4, rational: 8, undefined: 1 } as const;
const FIELD_CODES = { ascii: 2, short: 3, long: 4, rational: 5, undefined: 7 } as const;

interface Entry {
  readonly tag: number;
  readonly type: keyof typeof FIELD_CODES;
  readonly count: number;
  readonly payload: Buffer;
}

/**
 * The one image file directory of a little-endian TIFF 6.0, with the values that do not fit its entries behind it.
 * @param offset where in the file it will stand; even
 */
export function encodeDirectory(offset: number, metadata: DirectoryMetadata): Buffer {
  const entries = entriesOf(metadata);
  const table = Buffer.alloc(2 + entries.length * 12 + 4);
  table.writeUInt16LE(entries.length, 0);
  const extra: Buffer[] = [];
  let extraOffset = offset + table.length;
  entries.forEach(({ tag, type, count, payload }, i) => {
    const at = 2 + 12 * i;
    table.writeUInt16LE(tag, at);
    table.writeUInt16LE(FIELD_CODES[type], at + 2);
    table.writeUInt32LE(count, at + 4);
    if (payload.length <= 4) {
      payload.copy(table, at + 8);
      return;
    }
    table.writeUInt32LE(extraOffset, at + 8);
    // Values start on even offsets.
    const padded = payload.length % 2 === 0 ? payload : Buffer.concat([payload, Buffer.alloc(1)]);
    extra.push(padded);
    extraOffset += padded.length;
  });
  return Buffer.concat([table, ...extra]);
}

/** Entries in ascending order of their tags, as the format demands. */
function entriesOf(metadata: DirectoryMetadata): Entry[] {
  const resolution = numbers('long', [metadata.dpi, 1]);
  return [
    { tag: 256, type: 'long', ...numbers('long', [metadata.widthPx]) },
    { tag: 257, type: 'long', ...numbers('long', [metadata.heightPx]) },
    { tag: 258, type: 'short', ...numbers('short', new Array<number>(metadata.samplesPerPixel).fill(8)) },
    { tag: 259, type: 'short', ...numbers('short', [metadata.compression]) },
    { tag: 262, type: 'short', ...numbers('short', [metadata.photometric]) },
    { tag: 273, type: 'long', ...numbers('long', metadata.stripOffsets) },
    { tag: 274, type: 'short', ...numbers('short', [1]) },
    { tag: 277, type: 'short', ...numbers('short', [metadata.samplesPerPixel]) },
    { tag: 278, type: 'long', ...numbers('long', [metadata.rowsPerStrip]) },
    { tag: 279, type: 'long', ...numbers('long', metadata.stripSizes) },
    { tag: 282, type: 'rational', count: 1, payload: resolution.payload },
    { tag: 283, type: 'rational', count: 1, payload: resolution.payload },
    { tag: 284, type: 'short', ...numbers('short', [1]) },
    { tag: 296, type: 'short', ...numbers('short', [2]) },
    { tag: 305, type: 'ascii', ...bytes(Buffer.from('Pop-Render\0', 'latin1')) },
    ...(metadata.predicted ? [{ tag: 317, type: 'short', ...numbers('short', [2]) } as const] : []),
    ...(metadata.photometric === PHOTOMETRIC.separated
      ? [{ tag: 332, type: 'short', ...numbers('short', [1]) } as const]
      : []),
    { tag: 34675, type: 'undefined', ...bytes(Buffer.from(metadata.iccProfile)) },
  ];
}

function numbers(type: 'short' | 'long', values: readonly number[]): { count: number; payload: Buffer } {
  const size = FIELD_BYTES[type];
  const payload = Buffer.alloc(values.length * size);
  values.forEach((value, i) => payload.writeUIntLE(value, i * size, size));
  return { count: values.length, payload };
}

function bytes(payload: Buffer): { count: number; payload: Buffer } {
  return { count: payload.length, payload };
}
