import { ProtocolError } from './process-report.js';

/** A report holds the metadata of a picture or an error; the longest of ours has a few kilobytes. */
const MAX_REPORT_BYTES = 64 * 1024;
/** Of one task: accepted, at most each percent of progress, and how it ended. */
const MAX_REPORTS = 500;
const NEWLINE = 10;

/** Cuts what a child process sends into lines. What is too long or too much is refused before it takes memory. */
export class ReportStream {
  private pending: Buffer[] = [];
  private pendingBytes = 0;
  private reports = 0;
  private readonly decoder = new TextDecoder('utf-8', { fatal: true });

  /** Another task begins. */
  restart(): void {
    this.reports = 0;
  }

  /** @returns the lines that are complete by now @throws ProtocolError */
  take(chunk: Buffer): string[] {
    const lines: string[] = [];
    for (let start = 0; start < chunk.length;) {
      const end = chunk.indexOf(NEWLINE, start);
      this.add(chunk.subarray(start, end < 0 ? chunk.length : end));
      if (end < 0) break;
      lines.push(this.line());
      start = end + 1;
    }
    return lines;
  }

  private add(part: Buffer): void {
    this.pendingBytes += part.length;
    if (this.pendingBytes > MAX_REPORT_BYTES) throw new ProtocolError(`Report of more than ${MAX_REPORT_BYTES} bytes`);
    this.pending.push(part);
  }

  private line(): string {
    if (++this.reports > MAX_REPORTS) throw new ProtocolError(`More than ${MAX_REPORTS} reports of one task`);
    const bytes = Buffer.concat(this.pending);
    this.pending = [];
    this.pendingBytes = 0;
    try {
      return this.decoder.decode(bytes);
    } catch {
      throw new ProtocolError('Report that is not UTF-8');
    }
  }
}
