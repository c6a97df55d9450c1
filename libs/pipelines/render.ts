import { setImmediate as nextTurn } from 'node:timers/promises';
import { RenderError } from '#core';
import { configureDecoder, readPhoto } from '#photo';
import { printGeometry, type PrintGeometry } from './geometry.js';
import type { Painter } from './pipeline.js';
import { PartFiles } from './print/part-files.js';
import { Preview } from './print/preview.js';
import { srgbProfile } from './print/srgb-profile.js';
import { TiffWriter } from './print/tiff-writer.js';
import { findPipeline, resolveSettings } from './registry.js';

export interface RenderProgress {
  readonly stage: 'decode' | 'analyse' | 'paint' | 'finish';
  /** Share of the whole that is done, 0..1, never falling. */
  readonly fraction: number;
}

export interface RenderRequest {
  readonly photoPath: string;
  /** Slug of a pipeline. */
  readonly style: string;
  /** The style's own settings; missing ones take their defaults. */
  readonly settings: unknown;
  /** Size of the print. The photo fills it, centred; nothing is stretched. */
  readonly output: { readonly widthPx: number; readonly heightPx: number; readonly dpi: number };
  readonly tiffPath: string;
  readonly previewPath: string;
  readonly onProgress?: (progress: RenderProgress) => void;
  readonly signal?: AbortSignal;
}

export interface RenderFacts {
  readonly style: string;
  readonly pipelineVersion: string;
  /** As used, defaults included. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly dpi: number;
  readonly tiffBytes: number;
  readonly previewBytes: number;
  readonly previewWidthPx: number;
  readonly previewHeightPx: number;
}

const BAND_PIXELS = 600_000;
const MAX_BAND_ROWS = 128;
const DECODED = 0.05;
const ANALYSED = 0.2;
const PAINTED = 0.98;

/**
 * Turns a photo into a print: a TIFF and a JPEG preview, which appear under their names only when both are complete.
 * @throws RenderError `unknown_style`, `render_aborted`; SettingsError; PhotoError
 */
export async function render(request: RenderRequest): Promise<RenderFacts> {
  const { style, output, signal } = request;
  const pipeline = findPipeline(style);
  const settings = resolveSettings(style, request.settings);
  const geometry = printGeometry(output.widthPx, output.heightPx, output.dpi);
  const report = request.onProgress ?? ((): void => undefined);
  const checkpoint = async (): Promise<void> => {
    await nextTurn();
    if (signal?.aborted) throw new RenderError('render_aborted', 'Render was aborted', { cause: signal.reason });
  };

  configureDecoder();
  await checkpoint();
  report({ stage: 'decode', fraction: 0 });
  const image = await readPhoto(request.photoPath, geometry.workingWidth, geometry.workingHeight);
  await checkpoint();
  report({ stage: 'analyse', fraction: DECODED });
  const painter = await pipeline.analyse(image, settings, geometry, checkpoint);
  report({ stage: 'paint', fraction: ANALYSED });
  const files = await writePrint(painter, geometry, request, async (done) => {
    report({ stage: 'paint', fraction: ANALYSED + (PAINTED - ANALYSED) * done });
    await checkpoint();
  });
  return { style, pipelineVersion: pipeline.version, settings, ...output, ...files };
}

type FileFacts = Pick<RenderFacts, 'tiffBytes' | 'previewBytes' | 'previewWidthPx' | 'previewHeightPx'>;

async function writePrint(
  painter: Painter,
  geometry: PrintGeometry,
  { tiffPath, previewPath, onProgress }: RenderRequest,
  afterBand: (done: number) => Promise<void>,
): Promise<FileFacts> {
  const parts = new PartFiles();
  const preview = new Preview(geometry.widthPx, geometry.heightPx);
  let tiff: TiffWriter | undefined;
  try {
    tiff = await TiffWriter.create(parts.partOf(tiffPath), { ...geometry, iccProfile: await srgbProfile() });
    await paintBands(painter, geometry, tiff, preview, afterBand);
    onProgress?.({ stage: 'finish', fraction: PAINTED });
    const tiffBytes = await tiff.finish();
    const previewBytes = await preview.write(parts.partOf(previewPath));
    await parts.publish();
    onProgress?.({ stage: 'finish', fraction: 1 });
    return { tiffBytes, previewBytes, previewWidthPx: preview.widthPx, previewHeightPx: preview.heightPx };
  } catch (error) {
    await tiff?.abandon();
    await parts.discard();
    throw error;
  }
}

async function paintBands(
  painter: Painter,
  { widthPx, heightPx }: PrintGeometry,
  tiff: TiffWriter,
  preview: Preview,
  afterBand: (done: number) => Promise<void>,
): Promise<void> {
  const bandRows = Math.max(1, Math.min(MAX_BAND_ROWS, heightPx, Math.floor(BAND_PIXELS / widthPx)));
  const band = new Uint8Array(bandRows * widthPx * 3);
  for (let y = 0; y < heightPx; y += bandRows) {
    const rows = Math.min(bandRows, heightPx - y);
    painter.paint(y, rows, band);
    preview.append(band, rows);
    await tiff.append(band, rows);
    await afterBand((y + rows) / heightPx);
  }
}
