const MIB = 1024 * 1024;
const WORKER_MB = 256;
const LEAST_MB = 512;
const MOST_MB = 4096;
const UNLIMITED_MB = 2048;

/** Megabytes for each of the renders side by side: what the worker itself leaves of the container's memory. */
export function defaultRenderMemoryMb(concurrency: number, containerBytes: number | undefined): number {
  if (containerBytes === undefined) return UNLIMITED_MB;
  const share = Math.floor((containerBytes / MIB - WORKER_MB) / concurrency);
  return Math.min(MOST_MB, Math.max(LEAST_MB, share));
}
