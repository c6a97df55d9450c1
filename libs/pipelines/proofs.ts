import { configureDecoder, readPhotoHead } from '#photo';
import { Studio } from './engine/studio.js';
import { unlessAborted } from './engine/unless-aborted.js';
import { type Layout, layOut, type SheetOptions } from './layout.js';
import { PartFiles } from './print/part-files.js';
import { Preview, type PreviewSize, previewSize } from './print/preview.js';
import { PrintRun } from './print-run.js';
import { findStyle, resolveSettings } from './registry.js';
import { placePhoto } from './render.js';
import type { WorkingPhoto } from './style.js';

export interface ProofRequest {
  readonly photoPath: string;
  /** The print that the proofs stand for. */
  readonly output: SheetOptions;
  /** Longer side of a proof, 100..1200 pixels; 600 by default. */
  readonly longSidePx?: number;
  readonly proofs: readonly ProofOrder[];
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Told after each proof. */
  readonly onProof?: (facts: ProofFacts) => void;
}

export interface ProofOrder {
  readonly style: string;
  readonly settings?: unknown;
  /** Where the JPEG goes. */
  readonly path: string;
}

export interface ProofFacts extends PreviewSize {
  readonly style: string;
  readonly path: string;
  readonly bytes: number;
}

/**
 * A proof is painted this many times larger and then averaged down, so that lines and grain become their tone; and at
 * least so large that the photo is analysed at the same size as for the print.
 */
const SUPERSAMPLING = 3;
const LEAST_PAINTED_PX = 1800;

/**
 * Small pictures of what prints will look like, of one photo in any number of styles: the photo is decoded once and the
 * threads are shared.
 * @throws RenderError `unknown_style`, `invalid_layout`, `render_aborted`; SettingsError; PhotoError
 */
export async function renderProofs(request: ProofRequest): Promise<ProofFacts[]> {
  const orders = request.proofs.map((order) => ({ ...order, settings: resolveSettings(order.style, order.settings) }));
  configureDecoder();
  const opening = Studio.open(request);
  try {
    const decode = async () => {
      const { orientedWidthPx: width, orientedHeightPx: height } = await readPhotoHead(request.photoPath);
      const layout = layOut({ width, height }, proofSheet(request));
      const studio = await opening;
      studio.checkpoint();
      return { layout, studio, photo: await placePhoto(request.photoPath, layout, studio) };
    };
    const { layout, studio, photo } = await unlessAborted(decode(), request.signal);
    const facts: ProofFacts[] = [];
    for (const order of orders) {
      facts.push(await studio.arena.scoped(() => renderProof(order, request, layout, photo, studio)));
      request.onProof?.(facts[facts.length - 1]);
    }
    return facts;
  } finally {
    await (await opening).close();
  }
}

/** The sheet at the few pixels an inch that the proof needs. */
function proofSheet({ output, longSidePx = 600 }: ProofRequest): SheetOptions {
  const scale = Math.min(
    1,
    Math.max(LEAST_PAINTED_PX, longSidePx * SUPERSAMPLING) / Math.max(output.widthPx, output.heightPx),
  );
  const shrink = (value: number): number => Math.max(1, Math.round(value * scale));
  return { ...output, widthPx: shrink(output.widthPx), heightPx: shrink(output.heightPx), dpi: shrink(output.dpi) };
}

async function renderProof(
  { style: slug, settings, path }: ProofOrder,
  { longSidePx = 600 }: ProofRequest,
  { frame, geometry }: Layout,
  photo: WorkingPhoto,
  studio: Studio,
): Promise<ProofFacts> {
  studio.checkpoint();
  const style = findStyle(slug);
  const plan = await style.analyse(photo, settings as Record<string, unknown>, geometry, studio);
  const size = previewSize(frame, longSidePx);
  const preview = new Preview(size, frame);
  await new PrintRun(frame, undefined, { preview }).paint({ style: slug, plan, geometry }, studio);
  const parts = new PartFiles();
  try {
    const bytes = await preview.write(parts.partOf(path));
    await parts.publish();
    return { style: slug, path, bytes, ...size };
  } catch (error) {
    await parts.discard();
    throw error;
  }
}
