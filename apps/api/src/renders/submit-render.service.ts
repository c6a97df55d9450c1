import { randomUUID } from 'node:crypto';
import { truncate } from 'node:fs/promises';
import { Inject, Injectable } from '@nestjs/common';
import {
  type InspectedPhoto,
  ObjectStore,
  PhotoInspector,
  type PrintLayout,
  type PrintWarning,
  printSizeInPixels,
  printWarnings,
  renderCost,
  RenderQueue,
  RequestError,
  type SizeInPixels,
  uploadKey,
} from '#core';
import { LOGGER, type Logger, Telemetry } from '#observability';
import type { UploadedPhoto } from './photo-upload.interceptor.js';
import { StorageAdmission } from './storage-admission.js';
import { UploadCleanup } from './upload-cleanup.js';
import { WAITING_LIMITS } from './waiting-room.guard.js';
import {
  Catalogue,
  RenderRepository,
  type CreatedRender,
  type NewAsset,
  type SizePreset,
  type Style,
  type WaitingLimits,
} from '#persistence';
import { requestOwnerId } from '../request-owner.js';

export interface RenderSubmission {
  readonly photo: UploadedPhoto;
  readonly styleId: string;
  readonly sizePresetId: string;
  readonly layout: PrintLayout;
  readonly requestId: string;
  /** Whose it is, to be compared only. */
  readonly client: string;
  /** Aborted when the client no longer waits for the answer. */
  readonly signal?: AbortSignal;
}

export interface AcceptedRender {
  readonly renderId: string;
  readonly createdAt: Date;
  readonly warnings: readonly PrintWarning[];
}

/** What is to be printed, resolved from a submission. */
interface PrintOrder {
  readonly style: Style;
  readonly sizePreset: SizePreset;
  readonly layout: PrintLayout;
  readonly warnings: readonly PrintWarning[];
  readonly requestId: string;
  readonly client: string;
}

/** Accepts a render: checks the request, stores the photo, records the rows, queues the job. */
@Injectable()
export class SubmitRender {
  constructor(
    private readonly catalogue: Catalogue,
    private readonly objects: ObjectStore,
    private readonly renders: RenderRepository,
    private readonly queue: RenderQueue,
    private readonly cleanup: UploadCleanup,
    private readonly inspector: PhotoInspector,
    private readonly admission: StorageAdmission,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly telemetry: Telemetry,
    @Inject(WAITING_LIMITS) private readonly waiting: WaitingLimits,
  ) {}

  /** Whether photos wait for one another to be checked. */
  get hasWaitingPhotos(): boolean {
    return this.inspector.hasWaiting;
  }

  /**
   * @throws RequestError when an id names nothing, PhotoError when the file is no photo we read, OverloadError when
   *   too many photos or renders wait or the storage is full, the signal's reason when the client has gone before its photo
   *   was checked, DependencyError when a server is unavailable; in each case nothing of the submission
   *   remains once the clean-up has run.
   */
  async submit(submission: RenderSubmission): Promise<AcceptedRender> {
    const { photo, client } = submission;
    const [style, sizePreset] = await this.resolve(submission);
    const room = await this.admission.hold(client, photo.sizeBytes, sizeInPixels(sizePreset));
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
    { photo, layout, requestId, client, signal }: RenderSubmission,
    style: Style,
    sizePreset: SizePreset,
  ): Promise<AcceptedRender> {
    const facts = await this.telemetry.span('inspect photo', {}, () =>
      this.inspector.inspect(photo.path, { client, signal }),
    );
    const warnings = warningsFor(facts, sizePreset, layout);
    const asset = newAsset(await keepPicture(photo, facts), facts);
    const renderId = randomUUID();

    let createdAt: Date;
    try {
      await this.telemetry.span('store photo', {}, () =>
        this.objects.putFile(asset.objectKey, photo.path, facts.mimeType),
      );
      createdAt = await this.record(asset, renderId, { style, sizePreset, layout, warnings, requestId, client });
    } catch (error) {
      // The store may have the photo, and the database the row, though neither said so.
      this.cleanup.abandon({ renderId, objectKey: asset.objectKey });
      throw error;
    }
    this.logger.info(
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
      this.catalogue.findStyle(styleId),
      this.catalogue.findSizePreset(sizePresetId),
    ]);
    const details = [
      ...(style ? [] : [{ field: 'style_id', message: 'Style not found' }]),
      ...(sizePreset ? [] : [{ field: 'size_preset_id', message: 'Size preset not found' }]),
    ];
    if (!style || !sizePreset) {
      throw new RequestError('invalid_request', `${details[0].message}: ${details[0].field} names nothing`, {
        details,
      });
    }
    return [style, sizePreset];
  }

  /** Row first, job second. The row is the truth: a render whose job cannot be added now is given one by a worker later. */
  private record(asset: NewAsset, renderId: string, order: PrintOrder): Promise<Date> {
    const { style, sizePreset, layout, warnings, requestId, client } = order;
    const attributes = {
      'request.id': requestId,
      'render.id': renderId,
      'render.style': style.slug,
      'media.asset.id': asset.id,
    };
    return this.telemetry.span('enqueue render', { kind: 'producer', attributes }, async ({ traceparent }) => {
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
      const created = await this.renders.create(requestOwnerId(), asset, render, this.waiting);
      await this.enqueue(created);
      return created.createdAt;
    });
  }

  private async enqueue({ job, rank }: CreatedRender): Promise<void> {
    try {
      await this.renders.recordQueueJob(job.renderId, await this.queue.enqueue(job, 1, rank));
    } catch (error) {
      this.logger.warn({ err: error, render_id: job.renderId }, 'The render is kept; its job will be added later');
    }
  }
}

/** Cuts off what follows the picture: a video of who stood there is not ours to keep. */
async function keepPicture(photo: UploadedPhoto, { pictureBytes }: InspectedPhoto): Promise<UploadedPhoto> {
  if (pictureBytes >= photo.sizeBytes) return photo;
  await truncate(photo.path, pictureBytes);
  return { ...photo, sizeBytes: pictureBytes };
}

function newAsset(photo: UploadedPhoto, facts: InspectedPhoto): NewAsset {
  const id = randomUUID();
  return {
    id,
    filename: photo.filename,
    objectKey: uploadKey(id, photo.filename),
    format: facts.format,
    widthPx: facts.widthPx,
    heightPx: facts.heightPx,
    fileSizeBytes: photo.sizeBytes,
  };
}

function sizeInPixels({ widthInches, heightInches, dpi }: SizePreset): SizeInPixels {
  return printSizeInPixels(widthInches, heightInches, dpi);
}

function warningsFor(facts: InspectedPhoto, sizePreset: SizePreset, layout: PrintLayout): PrintWarning[] {
  const { orientedWidthPx: widthPx, orientedHeightPx: heightPx, isFullyTransparent } = facts;
  const photo = { widthPx, heightPx, isFullyTransparent };
  return printWarnings(photo, sizeInPixels(sizePreset), sizePreset.dpi, layout);
}
