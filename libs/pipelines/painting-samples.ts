import type { RgbImage } from '#photo';
import { printGeometry, type PrintGeometry } from './geometry.js';
import type { Painter } from './pipeline.js';
import { findPipeline, resolveSettings } from './registry.js';

/** A picture computed from nothing but its coordinates: a lit ball before a sloping ground, fine stripes on one side. */
export function syntheticPhoto(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  const radius = 0.3 * Math.min(width, height);
  for (let y = 0, o = 0; y < height; y++) {
    for (let x = 0; x < width; x++, o += 3) {
      const dx = (x - width * 0.5) / radius;
      const dy = (y - height * 0.42) / radius;
      const inside = 1 - dx * dx - dy * dy;
      const light =
        inside > 0 ? 0.25 + 0.75 * Math.max(0, (Math.sqrt(inside) - dx - dy) / 2.2) : 0.35 + (0.55 * y) / height;
      const stripe = inside <= 0 && x < width * 0.2 && (y >> 3) % 2 === 0 ? 0.6 : 1;
      const color = inside > 0 ? [230, 120, 70] : [150, 190, 235];
      for (let c = 0; c < 3; c++) data[o + c] = Math.min(255, Math.floor(color[c] * light * stripe));
    }
  }
  return { width, height, data };
}

/** One even grey, 0..255. */
export function flatPhoto(width: number, height: number, grey: number): RgbImage {
  return { width, height, data: new Uint8Array(width * height * 3).fill(grey) };
}

export interface SampleRequest {
  readonly slug: string;
  readonly settings?: object;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly photo?: (width: number, height: number) => RgbImage;
}

/** Analyses a synthetic photo for a print. */
export async function samplePainter(request: SampleRequest): Promise<{ painter: Painter; geometry: PrintGeometry }> {
  const geometry = printGeometry(request.widthPx, request.heightPx, 300);
  const photo = (request.photo ?? syntheticPhoto)(geometry.workingWidth, geometry.workingHeight);
  const settings = resolveSettings(request.slug, request.settings);
  const painter = await findPipeline(request.slug).analyse(photo, settings, geometry, () => Promise.resolve());
  return { painter, geometry };
}

/** Paints a whole print in bands of the given height. @returns RGB interleaved */
export function paintAll(painter: Painter, { widthPx, heightPx }: PrintGeometry, bandRows = heightPx): Uint8Array {
  const out = new Uint8Array(widthPx * heightPx * 3);
  for (let y = 0; y < heightPx; y += bandRows) {
    const rows = Math.min(bandRows, heightPx - y);
    painter.paint(y, rows, out.subarray(y * widthPx * 3, (y + rows) * widthPx * 3));
  }
  return out;
}
