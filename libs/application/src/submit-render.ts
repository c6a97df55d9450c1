import { randomUUID } from 'node:crypto';
import { truncate } from 'node:fs/promises';
import {
  type InspectedPhoto,
  type ObjectStore,
  type PhotoInspector,
  type PrintLayout,
  type PrintWarning,
  printSizeInPixels,
  printWarnings,
  renderCost,
  type RenderQueue,
  RequestError,
  type SizeInPixels,
  uploadKey,
} from '#core';
import type { Logger, Telemetry } from '#observability';
import {
  type Catalogue,
  type CreatedRender,
  type NewAsset,
  type RenderRepository,
  type SizePreset,
  type Style,
  type WaitingLimits,
} from '#persistence';
import type { StorageAdmission } from './storage-admission.js';
import type { UploadCleanup } from './upload-cleanup.js';

/** A photo on this process's disk, which the caller removes. It may be truncated to its picture. */
export interface SubmittedPhoto {
  readonly path: string;
  readonly filename: string;
  readonly sizeBytes: number;
}

export interface RenderSubmission {
  readonly photo: SubmittedPhoto;
  readonly styleId: string;
  readonly sizePresetId: string;
  readonly layout: PrintLayout;
  readonly requestId: string;
  /** The owner of the photo and the render. */
  readonly ownerId: string;
  /** Key of the client that submits it, only to be compared. */
  readonly client: string;
  /** Aborted when the client no longer waits for the answer. */
  readonly signal?: AbortSignal;
}

export interface AcceptedRender {
  readonly renderId: string;
  readonly createdAt: Date;
  readonly warnings: readonly PrintWarning[];
}

/** What to print, resolved from a submission. */
interface PrintOrder {
  readonly style: Style;
  readonly sizePreset: SizePreset;
  readonly layout: PrintLayout;
  readonly warnings: readonly PrintWarning[];
  readonly requestId: string;
  readonly client: string;
  readonly ownerId: string;
}

export interface SubmissionServices {
  readonly catalogue: Catalogue;
  readonly objects: ObjectStore;
  readonly renders: RenderRepository;
  readonly queue: RenderQueue;
  readonly inspector: PhotoInspector;
  readonly admission: StorageAdmission;
  readonly cleanup: UploadCleanup;
  readonly waiting: WaitingLimits;
  readonly telemetry: Pick<Telemetry, 'span'>;
  readonly logger: Logger;
}

/** Accepts a render: checks the request, stores the photo, records the rows, queues the job. */
export class SubmitRender {
  constructor(private readonly services: SubmissionServices) {}

  /** Whether photos wait for one another to be inspected. */
  get hasWaitingPhotos(): boolean {
    return this.services.inspector.hasWaiting;
  }

  /**
   * @throws RequestError when an id is unknown, PhotoError when the file is no photo we read, OverloadError when
   *   too many photos or renders wait or the storage is full, the signal's reason when the client has gone before its photo
   *   was checked, DependencyError when a server is unavailable; in each case nothing of the submission
   *   remains once the clean-up has run.
   */
  async execute(submission: RenderSubmission): Promise<AcceptedRender> {
    const { photo, client } = submission;
    const [style, sizePreset] = await this.resolve(submission);
    const room = await this.services.admission.hold(client, photo.sizeBytes, sizeInPixels(sizePreset));
    let accepted = false;
    try {
      const render = await this.accept(submission, style, sizePreset);
      accepted = true;
      return render;
    } finally {
      room.release(accepted);
    }
  }

  private async accept(
    { photo, layout, requestId, ownerId, client, signal }: RenderSubmission,
    style: Style,
    sizePreset: SizePreset,
  ): Promise<AcceptedRender> {
    const metadata = await this.services.telemetry.span('inspect photo', {}, () =>
      this.services.inspector.inspect(photo.path, { client, signal }),
    );
    const warnings = warningsFor(metadata, sizePreset, layout);
    const asset = newAsset(await keepPicture(photo, metadata), metadata);
    const renderId = randomUUID();

    let createdAt: Date;
    try {
      await this.services.telemetry.span('store photo', {}, () =>
        this.services.objects.putFile(asset.objectKey, photo.path, metadata.mimeType),
      );
      createdAt = await this.record(asset, renderId, {
        style,
        sizePreset,
        layout,
        warnings,
        requestId,
        ownerId,
        client,
      });
    } catch (error) {
      // The store may have the photo, and the database the row, though the call failed.
      this.services.cleanup.abandon({ renderId, objectKey: asset.objectKey });
      throw error;
    }
    this.services.logger.info(
      {
        render_id: renderId,
        asset_id: asset.id,
        style: style.slug,
        size_preset: sizePreset.name,
      },
      'Render job created',
    );
    return { renderId, createdAt, warnings };
  }

  private async resolve({ styleId, sizePresetId }: RenderSubmission): Promise<[Style, SizePreset]> {
    const [style, sizePreset] = await Promise.all([
      this.services.catalogue.findStyle(styleId),
      this.services.catalogue.findSizePreset(sizePresetId),
    ]);
    const details = [
      ...(style ? [] : [{ field: 'style_id', message: 'Style not found' }]),
      ...(sizePreset ? [] : [{ field: 'size_preset_id', message: 'Size preset not found' }]),
    ];
    if (!style || !sizePreset) {
      throw new RequestError('invalid_request', `${details[0].message}: unknown ${details[0].field}`, {
        details,
      });
    }
    return [style, sizePreset];
  }

  /** Row first, job second. The row is the truth: a worker adds the job later when it cannot be added now. */
  private record(asset: NewAsset, renderId: string, order: PrintOrder): Promise<Date> {
    const { style, sizePreset, layout, warnings, requestId, ownerId, client } = order;
    const attributes = {
      'request.id': requestId,
      'render.id': renderId,
      'render.style': style.slug,
      'media.asset.id': asset.id,
    };
    return this.services.telemetry.span('enqueue render', { kind: 'producer', attributes }, async ({ traceparent }) => {
      const render = {
        id: renderId,
        styleId: style.id,
        sizePresetId: sizePreset.id,
        algorithmConfig: style.algorithmConfig,
        layout,
        warnings,
        requestId,
        traceparent,
        client,
        cost: renderCost(sizeInPixels(sizePreset)),
      };
      const created = await this.services.renders.create(ownerId, asset, render, this.services.waiting);
      await this.enqueue(created);
      return created.createdAt;
    });
  }

  private async enqueue({ job, rank }: CreatedRender): Promise<void> {
    try {
      await this.services.renders.recordQueueJob(job.renderId, await this.services.queue.enqueue(job, 1, rank));
    } catch (error) {
      this.services.logger.warn(
        { err: error, render_id: job.renderId },
        'The render is kept; its job will be added later',
      );
    }
  }
}

/** Truncates the file to the picture: a video that follows it, of the people in the photo, is not ours to keep. */
async function keepPicture(photo: SubmittedPhoto, { pictureBytes }: InspectedPhoto): Promise<SubmittedPhoto> {
  if (pictureBytes >= photo.sizeBytes) return photo;
  await truncate(photo.path, pictureBytes);
  return { ...photo, sizeBytes: pictureBytes };
}

function newAsset(photo: SubmittedPhoto, metadata: InspectedPhoto): NewAsset {
  const id = randomUUID();
  return {
    id,
    filename: photo.filename,
    objectKey: uploadKey(id, photo.filename),
    format: metadata.format,
    widthPx: metadata.widthPx,
    heightPx: metadata.heightPx,
    fileSizeBytes: photo.sizeBytes,
  };
}

function sizeInPixels({ widthInches, heightInches, dpi }: SizePreset): SizeInPixels {
  return printSizeInPixels(widthInches, heightInches, dpi);
}

function warningsFor(metadata: InspectedPhoto, sizePreset: SizePreset, layout: PrintLayout): PrintWarning[] {
  const { orientedWidthPx: widthPx, orientedHeightPx: heightPx, isFullyTransparent } = metadata;
  const photo = { widthPx, heightPx, isFullyTransparent };
  return printWarnings(photo, sizeInPixels(sizePreset), sizePreset.dpi, layout);
}
