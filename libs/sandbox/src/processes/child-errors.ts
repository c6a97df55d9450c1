import type { Readable } from 'node:stream';

/** What one process may write to our standard error; more is read and dropped. */
const MAX_BYTES = 64 * 1024;
/** All but the end of a line: they steer terminals. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Shows what a child process complains of, so that no line of it can pass for one of our log.
 * @returns a function that ends it: errors after the kill are expected
 */
export function passOnErrors(stream: Readable): () => void {
  let shown = 0;
  stream.on('error', () => undefined);
  const show = (chunk: Buffer): void => {
    const room = Math.max(0, MAX_BYTES - shown);
    shown += chunk.length;
    const lines = chunk.toString('utf8', 0, Math.min(chunk.length, room)).replace(CONTROL, ' ').split('\n');
    for (const line of lines) if (line.trim() !== '') process.stderr.write(`child process: ${line}\n`);
  };
  stream.on('data', show);
  return () => void stream.off('data', show).resume();
}
