import { Injectable } from '@nestjs/common';
import {
  type NewAsset,
  type NewRender,
  type PrintFileFacts,
  type PrintLayout,
  type PrintWarning,
  type Render,
  type RenderJob,
  type RenderResult,
  type RenderStatus,
  RenderStore,
  statusesLeadingTo,
} from '#core';
import { DataSource, In } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm';
import { guarded } from './database-errors.js';
import { Asset } from './entities/asset.entity.js';
import { RenderEntity } from './entities/render.entity.js';

const now = (): string => 'now()';

@Injectable()
export class TypeOrmRenderStore extends RenderStore {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  create(asset: NewAsset, render: NewRender): Promise<{ createdAt: Date; job: RenderJob }> {
    return guarded(() =>
      this.dataSource.transaction(async (manager) => {
        await manager.insert(Asset, asset);
        const row = manager.create(RenderEntity, {
          id: render.id,
          assetId: asset.id,
          styleId: render.styleId,
          sizePresetId: render.sizePresetId,
          status: 'queued',
          algorithmConfigSnapshot: render.algorithmConfig,
          metadata: { warnings: render.warnings, layout: render.layout },
        });
        await manager.insert(RenderEntity, row as QueryDeepPartialEntity<RenderEntity>);
        const { styleId, sizePresetId } = render;
        return { createdAt: row.createdAt, job: { renderId: row.id, assetId: asset.id, styleId, sizePresetId } };
      }),
    );
  }

  async find(id: string): Promise<Render | null> {
    const row = await guarded(() =>
      this.dataSource
        .getRepository(RenderEntity)
        .findOne({ where: { id }, relations: { asset: true, style: true, sizePreset: true } }),
    );
    return row && toRender(row);
  }

  async recordQueueJob(id: string, queueJobId: string): Promise<void> {
    await guarded(() => this.dataSource.getRepository(RenderEntity).update({ id }, { queueJobId }));
  }

  markStarted(id: string): Promise<boolean> {
    return this.transition(id, 'started', { startedAt: now, errorMessage: null, progress: 0 });
  }

  async recordProgress(id: string, percent: number): Promise<boolean> {
    const result = await guarded(() =>
      this.dataSource.getRepository(RenderEntity).update({ id, status: 'started' }, { progress: percent }),
    );
    return result.affected === 1;
  }

  markQueued(id: string): Promise<boolean> {
    return this.transition(id, 'queued', { startedAt: null, progress: 0 });
  }

  markCompleted(id: string, result: RenderResult): Promise<boolean> {
    return this.transition(
      id,
      'completed',
      {
        outputKey: result.outputKey,
        previewKey: result.previewKey,
        pipelineVersion: result.pipelineVersion,
        durationMs: result.durationMs,
        completedAt: now,
        progress: 100,
        metadata: () => 'metadata || :facts::jsonb',
      },
      { facts: JSON.stringify({ ...result.facts, file: result.file }) },
    );
  }

  markFailed(id: string, message: string): Promise<boolean> {
    return this.transition(id, 'failed', { errorMessage: message, completedAt: now });
  }

  discard(id: string): Promise<boolean> {
    return guarded(() =>
      this.dataSource.transaction(async (manager) => {
        // Locked, so that no worker starts it between the look and the deletion.
        const lock = { mode: 'pessimistic_write' } as const;
        const render = await manager.findOne(RenderEntity, { where: { id }, lock });
        if (!render) return true;
        if (render.status !== 'queued') return false;
        await manager.delete(RenderEntity, { id });
        await manager.delete(Asset, { id: render.assetId });
        return true;
      }),
    );
  }

  /** Compare and set: the row changes only when its state may be left for `to`. */
  private async transition(
    id: string,
    to: RenderStatus,
    changes: QueryDeepPartialEntity<RenderEntity>,
    parameters: Record<string, unknown> = {},
  ): Promise<boolean> {
    const result = await guarded(() =>
      this.dataSource
        .createQueryBuilder()
        .update(RenderEntity)
        .set({ ...changes, status: to })
        .where({ id, status: In([...statusesLeadingTo(to)]) })
        .setParameters(parameters)
        .execute(),
    );
    return result.affected === 1;
  }
}

function toRender(row: RenderEntity): Render {
  const { id, name, slug } = row.style;
  return {
    id: row.id,
    status: row.status,
    assetId: row.assetId,
    assetFilename: row.asset.filename,
    assetKey: row.asset.objectKey,
    style: { id, name, slug },
    sizePreset: row.sizePreset,
    algorithmConfig: row.algorithmConfigSnapshot,
    pipelineVersion: row.pipelineVersion,
    outputKey: row.outputKey,
    previewKey: row.previewKey,
    createdAt: row.createdAt,
    startedAt: row.startedAt,
    completedAt: row.completedAt,
    durationMs: row.durationMs,
    errorMessage: row.errorMessage,
    layout: (row.metadata.layout as PrintLayout | undefined) ?? {},
    progress: row.progress,
    file: (row.metadata.file as PrintFileFacts | undefined) ?? null,
    warnings: (row.metadata.warnings as PrintWarning[] | undefined) ?? [],
  };
}
