import path from 'node:path';
import { Injectable } from '@nestjs/common';
import { type AcceptedRender, type RenderSubmission, SubmitRender } from '#application';
import { ObjectStore } from '#core';
import { type Render, RenderRepository } from '#persistence';
import { RequestContext } from '../http/request-context.js';
import type { LinkResponse } from './render-responses.js';
import { filesNotFound, renderArchived, renderNotCompleted, renderNotFound } from './renders.errors.js';

const LINK_SECONDS = 7 * 24 * 3600;

/** Submits renders, and returns their state and links to their files. */
@Injectable()
export class RendersService {
  constructor(
    private readonly submission: SubmitRender,
    private readonly renders: RenderRepository,
    private readonly objects: ObjectStore,
    private readonly context: RequestContext,
  ) {}

  /** Whether photos wait for one another to be inspected. */
  get hasWaitingPhotos(): boolean {
    return this.submission.hasWaitingPhotos;
  }

  /** @throws whatever {@link SubmitRender.execute} throws */
  submit(submission: Omit<RenderSubmission, 'requestId' | 'client' | 'ownerId'>): Promise<AcceptedRender> {
    const { requestId, principal } = this.context;
    return this.submission.execute({ ...submission, requestId, ...principal });
  }

  /** @throws RequestError `not_found` */
  async get(id: string): Promise<Render> {
    const render = await this.renders.findOf(this.context.principal.ownerId, id);
    if (!render) throw renderNotFound();
    return render;
  }

  /** @throws RequestError `not_found`, `conflict` while the render is not completed, or `archived` */
  async link(id: string, file: 'output' | 'preview'): Promise<LinkResponse> {
    const render = await this.get(id);
    if (render.status === 'archived') throw renderArchived();
    if (render.status !== 'completed') throw renderNotCompleted(render.status);
    const key = file === 'output' ? render.outputKey : render.previewKey;
    if (!key) throw filesNotFound();
    const url = await this.objects.signedLink(key, {
      expiresInSeconds: LINK_SECONDS,
      downloadName: downloadName(render, file),
      contentType: file === 'output' ? 'image/tiff' : 'image/jpeg',
    });
    return { url, expires_in: LINK_SECONDS };
  }
}

function downloadName({ asset, style, sizePreset }: Render, file: 'output' | 'preview'): string {
  const stem = path.parse(asset.filename).name;
  const suffix = file === 'output' ? '.tiff' : '-preview.jpg';
  return `${stem}-${style.slug}-${sizePreset.name}${suffix}`;
}
