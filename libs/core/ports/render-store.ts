import type { PrintLayout } from '../print-size.js';
import type { PrintFileFacts, PrintWarning, RenderJob, RenderStatus } from '../render.js';

export interface Style {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly description: string | null;
  readonly algorithmConfig: Record<string, unknown>;
}

export interface SizePreset {
  readonly id: string;
  readonly name: string;
  readonly widthInches: number;
  readonly heightInches: number;
  readonly dpi: number;
}

/** The styles and sizes on offer. */
export abstract class Catalogue {
  abstract listStyles(): Promise<Style[]>;
  abstract listSizePresets(): Promise<SizePreset[]>;
  abstract findStyle(id: string): Promise<Style | null>;
  abstract findSizePreset(id: string): Promise<SizePreset | null>;
}

export interface NewAsset {
  readonly id: string;
  readonly filename: string;
  readonly objectKey: string;
  readonly format: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fileSizeBytes: number;
}

export interface NewRender {
  readonly id: string;
  readonly styleId: string;
  readonly sizePresetId: string;
  /** The style's settings at this moment: a later change of the style does not touch an accepted render. */
  readonly algorithmConfig: Record<string, unknown>;
  readonly layout: PrintLayout;
  readonly warnings: readonly PrintWarning[];
}

export interface Render {
  readonly id: string;
  readonly status: RenderStatus;
  readonly assetId: string;
  readonly assetFilename: string;
  readonly assetKey: string;
  readonly style: Pick<Style, 'id' | 'name' | 'slug'>;
  readonly sizePreset: SizePreset;
  readonly algorithmConfig: Record<string, unknown>;
  readonly pipelineVersion: string | null;
  readonly outputKey: string | null;
  readonly previewKey: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
  readonly durationMs: number | null;
  readonly errorMessage: string | null;
  readonly layout: PrintLayout;
  /** Percent of the work that is done, 0..100. */
  readonly progress: number;
  /** The finished print; null until then. */
  readonly file: PrintFileFacts | null;
  readonly warnings: readonly PrintWarning[];
}

export interface RenderResult {
  readonly outputKey: string;
  readonly previewKey: string;
  readonly durationMs: number;
  readonly pipelineVersion: string;
  readonly file: PrintFileFacts;
  readonly facts: Record<string, unknown>;
}

/**
 * The record of every render. State changes compare and set: each returns false, changing nothing, when the render is
 * not in a state that may be left for the new one.
 */
export abstract class RenderStore {
  /** Records the asset and its queued render in one transaction. */
  abstract create(asset: NewAsset, render: NewRender): Promise<{ createdAt: Date; job: RenderJob }>;
  abstract find(id: string): Promise<Render | null>;
  abstract recordQueueJob(id: string, queueJobId: string): Promise<void>;
  abstract markStarted(id: string): Promise<boolean>;
  /** Percent 0..100 of a render under way; false when it is under way no more, and its work is to stop. */
  abstract recordProgress(id: string, percent: number): Promise<boolean>;
  abstract markQueued(id: string): Promise<boolean>;
  abstract markCompleted(id: string, result: RenderResult): Promise<boolean>;
  abstract markFailed(id: string, message: string): Promise<boolean>;
  /** Forgets a render that still waits, and its asset. False when it is there and has left that state: then it stays. */
  abstract discard(id: string): Promise<boolean>;
}

/** Whether the database answers. */
export abstract class DatabaseProbe {
  abstract ping(): Promise<void>;
}
