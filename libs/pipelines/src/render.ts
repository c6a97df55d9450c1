import { photoWarnings, type PrintFileInfo, type PrintWarning, RenderError, type StageTiming, timeStage } from '#core';
import { configureDecoder, isFullyTransparent, type PhotoHead, readPhoto, readPhotoHead } from '#photo';
import { RenderSession } from './engine/render-session.js';
import { unlessAborted } from './engine/unless-aborted.js';
import type { PrintFrame } from './geometry.js';
import { computeLayout, type Layout, type SheetOptions } from './layout.js';
import { StagedFiles } from './print/staged-files.js';
import { Preview, previewSize } from './print/preview.js';
import { checkSize, DEFAULT_PROFILE, findProfile } from './print/profiles.js';
import { verifyPrintFile } from './print/verify-print-file.js';
import { BandScheduler } from './band-scheduler.js';
import { findStyle, resolveSettings } from './registry.js';
import type { Style, WorkingPhoto } from './style.js';

export interface RenderProgress {
  readonly stage: 'decode' | 'analyse' | 'paint' | 'finish';
  /** Share of the whole that is done, 0..1, never falling. */
  readonly fraction: number;
}

export interface RenderRequest {
  readonly photoPath: string;
  /** Slug of a style. */
  readonly style: string;
  /** The style's own settings; missing ones take their defaults. */
  readonly settings?: unknown;
  readonly output: SheetOptions;
  /** Name of an output profile, `tiff-lzw` by default. */
  readonly profile?: string;
  /** The print; left out when only a preview is wanted. */
  readonly printPath?: string;
  readonly previewPath?: string;
  readonly previewLongSidePx?: number;
  /** Painting threads; by default as many as the process may use processors. Never changes a byte. */
  readonly threads?: number;
  /** Rows that a thread paints at a time, about; never changes a byte. */
  readonly bandRows?: number;
  readonly onProgress?: (progress: RenderProgress) => void;
  /** Stops the render within a second. */
  readonly signal?: AbortSignal;
}

export interface RenderOutput {
  readonly style: string;
  readonly pipelineVersion: string;
  /** As used, defaults included. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly profile: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly dpi: number;
  readonly printBytes: number;
  /** The finished print, read back from its file; undefined when only a preview was asked for. */
  readonly file?: PrintFileInfo;
  readonly previewBytes: number;
  readonly previewWidthPx: number;
  readonly previewHeightPx: number;
  /** What to know of the photo before its print is used. */
  readonly warnings: readonly PrintWarning[];
  /** How long decoding, analyzing and painting took; painting includes writing the files. */
  readonly stages: readonly StageTiming[];
}

const DECODED = 0.05;
const ANALYZED = 0.2;
const PAINTED = 0.99;

/**
 * Turns a photo into a print and a JPEG preview, which appear under their names only when both are complete.
 * @throws RenderError `unknown_style`, `unknown_profile`, `invalid_layout`, `render_aborted`; SettingsError; PhotoError
 */
export async function render(request: RenderRequest): Promise<RenderOutput> {
  const style = findStyle(request.style);
  const settings = resolveSettings(request.style, request.settings);
  const profile = findProfile(request.profile ?? DEFAULT_PROFILE);
  const report = request.onProgress ?? ((): void => undefined);
  configureDecoder();
  report({ stage: 'decode', fraction: 0 });
  const stages: StageTiming[] = [];
  const keep = (timing: StageTiming): void => void stages.push(timing);
  // The threads start while the photo is being read.
  const opening = RenderSession.open(request);
  try {
    const decode = async () => {
      const head = await readPhotoHead(request.photoPath);
      const layout = computeLayout({ width: head.orientedWidthPx, height: head.orientedHeightPx }, request.output);
      if (request.printPath !== undefined) checkSize(profile, layout.frame);
      const session = await opening;
      session.throwIfAborted();
      const photo = await loadPhoto(request.photoPath, head, layout, session);
      return { layout, session, photo, warnings: await warningsOf(request.photoPath, head, photo, session) };
    };
    const { layout, session, photo, warnings } = await timeStage(
      'decode',
      () => unlessAborted(decode(), request.signal),
      keep,
    );
    report({ stage: 'analyse', fraction: DECODED });
    session.throwIfAborted();
    const analyze = async () => style.analyze(photo, settings, layout.geometry, session);
    const plan = await timeStage('analyse', analyze, keep);
    report({ stage: 'paint', fraction: ANALYZED });
    const files = await timeStage('paint', () => writeFiles(request, layout, style, plan, session), keep);
    const { widthPx, heightPx, dpi } = layout.frame;
    const printed = { profile: profile.name, widthPx, heightPx, dpi };
    return { style: style.slug, pipelineVersion: style.version, settings, ...printed, ...files, warnings, stages };
  } finally {
    await (await opening).close();
  }
}

async function warningsOf(
  path: string,
  { format }: PhotoHead,
  { width, height, rgb }: WorkingPhoto,
  { arena }: RenderSession,
): Promise<PrintWarning[]> {
  const pixels = arena.u8(rgb, 3 * width * height);
  return photoWarnings({ isFullyTransparent: await isFullyTransparent(path, format, pixels) });
}

/** Decodes the photo at working size into the shared memory. */
export async function loadPhoto(
  path: string,
  head: PhotoHead,
  { crop }: Layout,
  session: RenderSession,
): Promise<WorkingPhoto> {
  const { width, height, data } = await readPhoto(path, crop, head);
  session.throwIfAborted();
  const { arena } = session;
  const rgb = arena.allocate(data.length);
  arena.u8(rgb, data.length).set(data);
  return { width, height, rgb };
}

type FileOutput = Pick<RenderOutput, 'printBytes' | 'file' | 'previewBytes' | 'previewWidthPx' | 'previewHeightPx'>;

async function writeFiles(
  request: RenderRequest,
  { frame, geometry }: Layout,
  style: Style,
  plan: unknown,
  session: RenderSession,
): Promise<FileOutput> {
  const { printPath, previewPath, onProgress } = request;
  if (printPath === undefined && previewPath === undefined) throw new RenderError('internal', 'No file to write');
  const parts = new StagedFiles();
  const profile = findProfile(request.profile ?? DEFAULT_PROFILE);
  const preview = previewPath === undefined ? undefined : new Preview(sizeOfPreview(frame, request), frame);
  const writer = printPath === undefined ? undefined : await profile.createWriter(parts.stage(printPath), frame);
  try {
    const run = new BandScheduler(frame, writer && profile, { preview, writer }, request.bandRows);
    await run.paint({ style: style.slug, plan, geometry }, session, (done) => {
      onProgress?.({ stage: 'paint', fraction: ANALYZED + (PAINTED - ANALYZED) * done });
    });
    onProgress?.({ stage: 'finish', fraction: PAINTED });
    const printBytes = (await writer?.finish()) ?? 0;
    const file = printPath === undefined ? undefined : await verifyPrintFile(parts.stage(printPath), frame);
    const previewBytes = (await preview?.write(parts.stage(previewPath!))) ?? 0;
    session.throwIfAborted();
    await parts.commit();
    onProgress?.({ stage: 'finish', fraction: 1 });
    const { widthPx: previewWidthPx, heightPx: previewHeightPx } = preview?.size ?? { widthPx: 0, heightPx: 0 };
    return { printBytes, file, previewBytes, previewWidthPx, previewHeightPx };
  } catch (error) {
    await writer?.abandon();
    await parts.discard();
    throw error;
  }
}

function sizeOfPreview(frame: PrintFrame, { previewLongSidePx }: RenderRequest): ReturnType<typeof previewSize> {
  return previewSize(frame, previewLongSidePx);
}
