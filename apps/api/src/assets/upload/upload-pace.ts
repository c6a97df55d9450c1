import type { UploadPaceConfig } from '#config';
import { RequestError } from '#core';

const KIB = 1024;
/** The recent rate is that of about these last milliseconds. */
const RATE_WINDOW_MS = 3_000;
/** Before it there is no rate: connections need a moment to get up to speed. */
const MIN_AGE_MS = 2_000;

/**
 * How an upload comes, and whether that is fast enough. It has no clock: only time in which this process was ready to read
 * counts, and its caller knows that. What came early counts as credit for no longer than an upload may stall, or a burst
 * would buy minutes of silence.
 */
export class UploadPace {
  /** Of the body, so far. */
  bytes = 0;
  private readyMs = 0;
  private silentMs = 0;
  /** In ready time: when the bytes that have come so far are too few. */
  private dueMs: number;
  /** Each byte counts less the longer ago it came. */
  private recentBytes = 0;

  constructor(private readonly limits: UploadPaceConfig) {
    this.dueMs = limits.minBytesPerSecond > 0 ? limits.graceMs : Infinity;
  }

  /** Bytes of the body have come. */
  receive(bytes: number): void {
    const { graceBytes, minBytesPerSecond, graceMs, stallMs } = this.limits;
    const counted = Math.min(bytes, Math.max(0, this.bytes + bytes - graceBytes));
    this.silentMs = 0;
    this.bytes += bytes;
    this.recentBytes += bytes;
    if (minBytesPerSecond === 0) return;
    const paidUntil = this.dueMs + (counted * 1000) / minBytesPerSecond;
    this.dueMs = Math.max(this.dueMs, Math.min(paidUntil, this.readyMs + Math.max(graceMs, stallMs)));
  }

  /** Time has passed in which bytes could have come. */
  elapse(ms: number): void {
    this.readyMs += ms;
    this.silentMs += ms;
    this.recentBytes *= fading(ms);
  }

  /** The rate of the last seconds; infinite for an upload too young to measure. */
  get recentBytesPerSecond(): number {
    if (this.readyMs < MIN_AGE_MS) return Infinity;
    return (this.recentBytes * 1000) / (RATE_WINDOW_MS * (1 - fading(this.readyMs)));
  }

  /** Why the upload is refused, as things are now; undefined when it is not. */
  get violation(): RequestError | undefined {
    const { stallMs, graceMs, graceBytes, minBytesPerSecond } = this.limits;
    if (this.silentMs >= stallMs) {
      return new RequestError('request_timeout', 'The upload stalled', {
        hint: `No byte came for ${stallMs / 1000} seconds`,
      });
    }
    if (this.readyMs < this.dueMs) return undefined;
    const required = [
      ...(graceBytes > 0 ? [`${graceBytes / KIB} KB in the first ${graceMs / 1000} seconds`] : []),
      `${minBytesPerSecond / KIB} KB a second after ${graceBytes > 0 ? 'that' : `${graceMs / 1000} seconds`}`,
    ];
    return new RequestError('request_timeout', 'The upload is too slow', {
      hint: `At least ${required.join(' and ')} must arrive; send a smaller photo or use a faster connection`,
    });
  }
}

function fading(ms: number): number {
  return Math.exp(-ms / RATE_WINDOW_MS);
}
