import sharp from 'sharp';
import { cpuLimit } from '#sandbox';

const ALLOWED_LOADERS = ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadTiff', 'VipsForeignLoadWebp'];

let configured = false;

/**
 * Narrows the native decoder to the accepted formats and to modest memory. Settings are those of the whole process;
 * a process calls this at start, and this library on its first use. Calling it again changes nothing.
 */
export function configureDecoder(): void {
  if (configured) return;
  configured = true;
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: ALLOWED_LOADERS });
  // Every photo is read once; a cache would only hold on to its pixels.
  sharp.cache(false);
  // By default there may be a thread for each processor of the machine, whatever the container may use of them.
  sharp.concurrency(Math.min(sharp.concurrency(), cpuLimit()));
  // Vector code paths round differently from one processor to the next, and prints must not.
  sharp.simd(false);
}
