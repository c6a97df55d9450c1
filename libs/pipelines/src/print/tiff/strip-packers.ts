import { deflateSync } from 'node:zlib';
import type { Address } from '../../engine/arena.js';
import type { ThreadContext } from '../../engine/thread-context.js';

/** Sizes of the strips that are packed. */
export interface StripShape {
  readonly widthPx: number;
  /** Bytes per pixel. */
  readonly channels: number;
  /** Most rows that a strip has. */
  readonly stripRows: number;
}

/**
 * Compresses one strip.
 * @param samples rows * widthPx * channels bytes
 * @returns bytes that stay as they are when the next strip is packed
 */
export type StripPacker = (samples: Address, rows: number) => Uint8Array;

/** The samples as they are. */
export function plainPacker({ widthPx, channels }: StripShape, { arena }: ThreadContext): StripPacker {
  return (samples, rows) => arena.u8(samples, rows * widthPx * channels).slice();
}

/** Differences to the pixel on the left, LZW. */
export function lzwPacker(shape: StripShape, context: ThreadContext): StripPacker {
  const { kernels, arena } = context;
  const predict = predictor(shape, context);
  const packed = arena.allocate(Math.ceil(stripBytes(shape) * 1.52) + 16);
  const table = arena.allocate(kernels.lzwTableBytes());
  arena.u8(table, kernels.lzwTableBytes()).fill(0);
  return (samples, rows) => {
    const { at, length } = predict(samples, rows);
    return arena.u8(packed, kernels.lzwEncode(at, length, packed, table)).slice();
  };
}

/** Differences to the pixel on the left, a zlib stream per strip. */
export function deflatePacker(shape: StripShape, context: ThreadContext): StripPacker {
  const predict = predictor(shape, context);
  return (samples, rows) => {
    const { at, length } = predict(samples, rows);
    return deflateSync(context.arena.u8(at, length).slice());
  };
}

function predictor(shape: StripShape, { kernels, arena }: ThreadContext) {
  const rowBytes = shape.widthPx * shape.channels;
  const at = arena.allocate(stripBytes(shape) + 16);
  return (samples: Address, rows: number): { at: Address; length: number } => {
    kernels.predictRows(samples, at, rowBytes, shape.channels, rows);
    return { at, length: rows * rowBytes };
  };
}

function stripBytes({ widthPx, channels, stripRows }: StripShape): number {
  return widthPx * channels * stripRows;
}
