import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** A new file or an empty one under that very name, not what a link of that name leads to. Windows has no such flag. */
export const WITHOUT_LINKS =
  constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | ((constants.O_NOFOLLOW as number | undefined) ?? 0);

/** A file that is written from its start to its end. */
export class OutputFile {
  private constructor(
    private readonly file: FileHandle,
    private end = 0,
  ) {}

  /** Creates or truncates the file; never writes through a link. */
  static async create(path: string): Promise<OutputFile> {
    return new OutputFile(await open(path, WITHOUT_LINKS));
  }

  /** Bytes so far, which is where the next ones go. */
  get size(): number {
    return this.end;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.overwrite(this.end, bytes);
    this.end += bytes.length;
  }

  async overwrite(position: number, bytes: Uint8Array): Promise<void> {
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await this.file.write(bytes, done, bytes.length - done, position + done);
      done += bytesWritten;
    }
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  /** Closes what may be closed or broken already. */
  async abandon(): Promise<void> {
    await this.file.close().catch(() => undefined);
  }
}
