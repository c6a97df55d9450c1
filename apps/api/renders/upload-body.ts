import { Transform, type TransformCallback } from 'node:stream';
import { RequestError } from '#core';
import type { Request } from 'express';
import { PartHeaders } from './part-headers.js';

export interface UploadBodyLimits {
  readonly maxBytes: number;
  readonly stallMs: number;
  readonly tooLarge: () => Error;
}

/**
 * The body of an upload on its way to the form parser, which takes it for the request; the headers
 * of its parts are made readable for it. It can be given up at any byte
 * while the request stays open for the answer; the parser itself would read a refused body to its end first.
 */
export class UploadBody extends Transform {
  readonly headers: Request['headers'];
  private bytes = 0;
  private readonly stall: NodeJS.Timeout;
  private readonly parts: PartHeaders;

  constructor(
    private readonly request: Request,
    private readonly limits: UploadBodyLimits,
  ) {
    super();
    this.headers = request.headers;
    this.parts = new PartHeaders(request.headers['content-type']);
    this.stall = setTimeout(() => this.onStall(), limits.stallMs);
    request.once('close', this.onRequestClosed);
    request.pipe(this);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.stall.refresh();
    this.bytes += chunk.length;
    if (this.bytes > this.limits.maxBytes) return done(this.limits.tooLarge());
    let readable: Buffer;
    try {
      readable = this.parts.feed(chunk);
    } catch (error) {
      return done(error as Error);
    }
    done(null, readable);
  }

  override _flush(done: TransformCallback): void {
    clearTimeout(this.stall);
    done(null, this.parts.end());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.stall);
    this.request.unpipe(this);
    this.request.off('close', this.onRequestClosed);
    done(error);
  }

  private readonly onRequestClosed = (): void => {
    if (!this.request.complete) this.destroy(new Error('The client went away'));
  };

  private onStall(): void {
    // A slow disk is not the client's fault.
    if (this.writableNeedDrain) this.stall.refresh();
    else this.destroy(new RequestError('request_timeout', 'The upload stalled'));
  }
}
