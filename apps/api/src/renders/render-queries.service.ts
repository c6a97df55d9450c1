import path from 'node:path';
import { Injectable } from '@nestjs/common';
import { ObjectStore, RequestError } from '#core';
import type { LinkResponse } from './render-responses.js';
import { RenderRepository, type Render } from '#persistence';
import { requestOwnerId } from '../request-owner.js';

const LINK_SECONDS = 7 * 24 * 3600;

/** Answers what became of a render and where its files are. */
@Injectable()
export class RenderQueries {
  constructor(
    private readonly renders: RenderRepository,
    private readonly objects: ObjectStore,
  ) {}

  /** @throws RequestError `not_found` */
  async get(id: string): Promise<Render> {
    const render = await this.renders.findOf(requestOwnerId(), id);
    if (!render) throw new RequestError('not_found', 'Render not found');
    return render;
  }

  /** @throws RequestError `not_found`, `conflict` while the render is not completed, or `archived` */
  async link(id: string, file: 'output' | 'preview'): Promise<LinkResponse> {
    const render = await this.get(id);
    if (render.status === 'archived') {
      throw new RequestError('archived', 'Render is archived', {
        hint: 'Its files were kept for their time and have been removed; render the photo again to get new ones',
      });
    }
    if (render.status !== 'completed') {
      throw new RequestError('conflict', `Render not completed (current status: ${render.status})`);
    }
    const key = file === 'output' ? render.outputKey : render.previewKey;
    if (!key) throw new RequestError('not_found', 'Output files not available');
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
