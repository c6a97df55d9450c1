import { configureDecoder, readPhotoHead } from '#photo';
import { RenderSession } from './engine/render-session.js';
import { unlessAborted } from './engine/unless-aborted.js';
import { type Layout, computeLayout, type SheetOptions } from './layout.js';
import { StagedFiles } from './print/staged-files.js';
import { Preview, type PreviewSize, previewSize } from './print/preview.js';
import { BandScheduler } from './band-scheduler.js';
import { findStyle, resolveSettings } from './registry.js';
import { loadPhoto } from './render.js';
import type { WorkingPhoto } from './style.js';

export interface ProofRequest {
  readonly photoPath: string;
  /** The print that the proofs stand for. */
  readonly output: SheetOptions;
  /** Longer side of a proof, 100..1200 pixels; 600 by default. */
  readonly longSidePx?: number;
  readonly proofs: readonly ProofTask[];
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Called after each proof. */
  readonly onProof?: (output: ProofOutput) => void;
}

export interface ProofTask {
  readonly style: string;
  readonly settings?: unknown;
  /** Where the JPEG goes. */
  readonly path: string;
}

export interface ProofOutput extends PreviewSize {
  readonly style: string;
  readonly path: string;
  readonly bytes: number;
}

/**
 * A proof is painted this many times larger and then averaged down, so that lines and grain become their tone; and at
 * least so large that the photo is analyzed at the same size as for the print.
 */
const SUPERSAMPLING = 3;
const LEAST_PAINTED_PX = 1800;

/**
 * Small pictures of what prints will look like, of one photo in any number of styles: the photo is decoded once and the
 * threads are shared.
 * @throws RenderError `unknown_style`, `invalid_layout`, `render_aborted`; SettingsError; PhotoError
 */
export async function renderProofs(request: ProofRequest): Promise<ProofOutput[]> {
  const tasks = request.proofs.map((task) => ({ ...task, settings: resolveSettings(task.style, task.settings) }));
  configureDecoder();
  const opening = RenderSession.open(request);
  try {
    const decode = async () => {
      const head = await readPhotoHead(request.photoPath);
      const size = { width: head.orientedWidthPx, height: head.orientedHeightPx };
      const layout = computeLayout(size, proofSheet(request));
      const session = await opening;
      session.throwIfAborted();
      return { layout, session, photo: await loadPhoto(request.photoPath, head, layout, session) };
    };
    const { layout, session, photo } = await unlessAborted(decode(), request.signal);
    const outputs: ProofOutput[] = [];
    for (const task of tasks) {
      outputs.push(await session.arena.scoped(() => renderProof(task, request, layout, photo, session)));
      request.onProof?.(outputs[outputs.length - 1]);
    }
    return outputs;
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
  { style: slug, settings, path }: ProofTask,
  { longSidePx = 600 }: ProofRequest,
  { frame, geometry }: Layout,
  photo: WorkingPhoto,
  session: RenderSession,
): Promise<ProofOutput> {
  session.throwIfAborted();
  const style = findStyle(slug);
  const plan = await style.analyze(photo, settings as Record<string, unknown>, geometry, session);
  const size = previewSize(frame, longSidePx);
  const preview = new Preview(size, frame);
  await new BandScheduler(frame, undefined, { preview }).paint({ style: slug, plan, geometry }, session);
  const parts = new StagedFiles();
  try {
    const bytes = await preview.write(parts.stage(path));
    await parts.commit();
    return { style: slug, path, bytes, ...size };
  } catch (error) {
    await parts.discard();
    throw error;
  }
}
