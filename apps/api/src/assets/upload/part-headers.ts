import { readableDisposition } from './part-disposition.js';

/** Of one part of a form; its parser takes no more either. */
const MAX_HEADER_BYTES = 16 * 1024;
const LINE_END = '\r\n';
/** The first, with the lines that continue it. */
const DISPOSITION = /^(content-disposition:[ \t]*)(.*(?:\r\n[ \t]+.*)*)/im;
const HEADERS_END = Buffer.from(LINE_END + LINE_END);

/** Bytes of a form that can be passed on, and how many were looked at for them; undefined while more must come. */
type Step = { readonly passed: Buffer; readonly length: number } | undefined;

/**
 * A form on its way to the parser, with each part's `Content-Disposition` made readable for it. The parser silently skips a
 * part whose header it cannot read; the photo in it would count as not sent.
 */
export class PartHeaders {
  private readonly delimiter?: Buffer;
  /** What was not passed on: it may be the beginning of a delimiter, or headers whose end has not come. */
  private held: Buffer;
  private inHeaders = false;
  /** Bytes in `held` that never came: before the first delimiter no line need end. */
  private invented = LINE_END.length;

  constructor(contentType: string | undefined) {
    const [, quoted, token] = /;\s*boundary=(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(contentType ?? '') ?? [];
    const boundary = quoted?.replace(/\\(.)/g, '$1') ?? token;
    if (boundary) this.delimiter = Buffer.from(`${LINE_END}--${boundary}`, 'latin1');
    this.held = Buffer.from(LINE_END);
  }

  /**
   * @returns what can be passed on by now
   * @throws RequestError when the filename of a part cannot be read
   */
  feed(chunk: Buffer): Buffer {
    const { delimiter } = this;
    if (!delimiter) return chunk;
    const passed: Buffer[] = [];
    let rest = Buffer.concat([this.held, chunk]);
    for (;;) {
      const step = this.inHeaders ? this.takeHeaders(rest) : this.takeBody(rest, delimiter);
      if (step === undefined) break;
      passed.push(step.passed);
      rest = rest.subarray(step.length);
    }
    this.held = rest;
    return this.withoutInvented(passed.length === 1 ? passed[0] : Buffer.concat(passed));
  }

  /** @returns what is left when no more comes */
  end(): Buffer {
    return this.delimiter ? this.withoutInvented(this.held) : Buffer.alloc(0);
  }

  private takeBody(rest: Buffer, delimiter: Buffer): Step {
    const at = rest.indexOf(delimiter);
    if (at < 0) {
      const length = rest.length - delimiter.length + 1;
      return length > 0 ? { passed: rest.subarray(0, length), length } : undefined;
    }
    const length = at + delimiter.length + LINE_END.length;
    if (rest.length < length) return at > 0 ? { passed: rest.subarray(0, at), length: at } : undefined;
    this.inHeaders = rest.toString('latin1', length - LINE_END.length, length) === LINE_END;
    return { passed: rest.subarray(0, length), length };
  }

  private takeHeaders(rest: Buffer): Step {
    const end = rest.indexOf(HEADERS_END);
    if (end < 0 && rest.length <= MAX_HEADER_BYTES) return undefined;
    this.inHeaders = false;
    // Too long, and refused by the parser.
    if (end < 0 || end > MAX_HEADER_BYTES) return { passed: Buffer.alloc(0), length: 0 };
    const readable = rest.toString('latin1', 0, end).replace(DISPOSITION, (line, name: string, value: string) => {
      const unfolded = value.replace(/\r\n[ \t]+/g, ' ');
      const chosen = readableDisposition(unfolded);
      return chosen === unfolded ? line : name + chosen;
    });
    return { passed: Buffer.from(readable + LINE_END + LINE_END, 'latin1'), length: end + HEADERS_END.length };
  }

  private withoutInvented(bytes: Buffer): Buffer {
    const dropped = Math.min(this.invented, bytes.length);
    this.invented -= dropped;
    return bytes.subarray(dropped);
  }
}
