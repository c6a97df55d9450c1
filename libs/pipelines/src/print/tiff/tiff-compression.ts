import { open } from 'node:fs/promises';

const COMPRESSION_TAG = 259;
const NAMES: Readonly<Record<number, string>> = { 1: 'none', 5: 'lzw', 8: 'deflate' };
const ENTRY_BYTES = 12;

/** Name of the compression that a little-endian TIFF declares in its first directory; the code where it has no name here. */
export async function readTiffCompression(path: string): Promise<string> {
  const file = await open(path, 'r');
  try {
    const read = async (length: number, position: number): Promise<Buffer> =>
      (await file.read(Buffer.alloc(length), 0, length, position)).buffer;
    const directory = (await read(4, 4)).readUInt32LE(0);
    const count = (await read(2, directory)).readUInt16LE(0);
    const entries = await read(count * ENTRY_BYTES, directory + 2);
    for (let at = 0; at < entries.length; at += ENTRY_BYTES) {
      if (entries.readUInt16LE(at) !== COMPRESSION_TAG) continue;
      const code = entries.readUInt16LE(at + 8);
      return NAMES[code] ?? String(code);
    }
    return 'none';
  } finally {
    await file.close();
  }
}
