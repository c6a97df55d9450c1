import { Transform, type TransformCallback } from 'node:stream';
import type { Request } from 'express';
import { PartHeaders } from './part-headers.js';
import type { UploadPace } from './upload-pace.js';
import type { UploadSlot } from './upload-slots.js';

export interface UploadStreamLimits {
  readonly maxBytes: number;
  readonly tooLarge: () => Error;
  readonly pace: UploadPace;
  readonly slot: UploadSlot;
}

/** How often the pace is looked at. */
const TICK_MS = 250;

/**
 * The body of an upload on its way to the form parser, which takes it for the request; the headers
 * of its parts are made readable for it. It can be given up at any byte
 * while the request stays open for the answer; the parser itself would read a refused body completely first.
 */
export class BoundedUploadStream extends Transform {
  readonly headers: Request['headers'];
  private readonly ticks: NodeJS.Timeout;
  private readonly parts: PartHeaders;

  constructor(
    private readonly request: Request,
    private readonly limits: UploadStreamLimits,
  ) {
    super();
    this.headers = request.headers;
    this.parts = new PartHeaders(request.headers['content-type']);
    this.ticks = setInterval(() => this.onTick(), TICK_MS);
    limits.slot.evicted.addEventListener('abort', this.onEvicted);
    request.once('close', this.onRequestClosed);
    request.pipe(this);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const { pace, maxBytes, tooLarge } = this.limits;
    pace.receive(chunk.length);
    if (pace.bytes > maxBytes) return done(tooLarge());
    let readable: Buffer;
    try {
      readable = this.parts.feed(chunk);
    } catch (error) {
      return done(error as Error);
    }
    done(null, readable);
  }

  override _flush(done: TransformCallback): void {
    clearInterval(this.ticks);
    this.limits.slot.complete();
    done(null, this.parts.end());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearInterval(this.ticks);
    this.limits.slot.evicted.removeEventListener('abort', this.onEvicted);
    this.request.unpipe(this);
    this.request.off('close', this.onRequestClosed);
    done(error);
  }

  private readonly onRequestClosed = (): void => {
    if (!this.request.complete) this.destroy(new Error('The client closed the connection'));
  };

  private readonly onEvicted = (): void => {
    this.destroy(this.limits.slot.evicted.reason as Error);
  };

  /** Counts the time in which bytes could be taken: the client is not blamed for a slow disk or a busy process. */
  private onTick(): void {
    if (this.writableNeedDrain) return;
    // A tick that is late counts no more than another: this process was busy.
    this.limits.pace.elapse(TICK_MS);
    // What has arrived by then is read first.
    if (this.limits.pace.violation) setImmediate(() => this.destroyIfTooSlow());
  }

  private destroyIfTooSlow(): void {
    const { violation } = this.limits.pace;
    if (violation && !this.writableEnded) this.destroy(violation);
  }
}
