import { randomUUID } from 'node:crypto';
import type { DatabaseConfig } from '#config';
import { RENDER_STATUSES, type RenderStatus, statusesLeadingTo } from '#core';
import { dataSourceOptions, TypeOrmCatalogue, TypeOrmRenderStore } from '#persistence';
import { DataSource } from 'typeorm';
import { createMigratedDatabase, dropDatabase } from '../support/servers.js';

const MISSING = '00000000-0000-4000-8000-000000000000';
const RESULT = {
  file: {
    format: 'tiff',
    widthPx: 2700,
    heightPx: 3600,
    dpi: 300,
    compression: 'lzw',
    colorSpace: 'srgb',
    sizeBytes: 9,
  },
  outputKey: 'renders/x/output.tiff',
  previewKey: 'renders/x/preview.jpg',
  durationMs: 1234,
  pipelineVersion: '1.0.0',
  facts: { output_size_bytes: 99 },
};

describe('render store', () => {
  let database: DatabaseConfig;
  let dataSource: DataSource;
  let store: TypeOrmRenderStore;
  let styleId: string;
  let sizePresetId: string;

  beforeAll(async () => {
    database = await createMigratedDatabase();
    dataSource = await new DataSource(dataSourceOptions(database)).initialize();
    store = new TypeOrmRenderStore(dataSource);
    const catalogue = new TypeOrmCatalogue(dataSource);
    styleId = (await catalogue.listStyles())[0].id;
    sizePresetId = (await catalogue.listSizePresets())[0].id;
  });
  afterAll(async () => {
    await dataSource.destroy();
    await dropDatabase(database);
  });

  async function create(overrides: { styleId?: string } = {}): Promise<string> {
    const id = randomUUID();
    const assetId = randomUUID();
    await store.create(
      {
        id: assetId,
        filename: 'photo.jpg',
        objectKey: `uploads/${assetId}/photo.jpg`,
        format: 'JPEG',
        widthPx: 1024,
        heightPx: 768,
        fileSizeBytes: 12_345,
      },
      {
        id,
        styleId: overrides.styleId ?? styleId,
        sizePresetId,
        algorithmConfig: { colors: 8 },
        layout: { fit: 'contain', focus: { x: 0.5, y: 0.25 } },
        warnings: [{ code: 'low_resolution', message: 'few pixels' }],
      },
    );
    return id;
  }

  const setStatus = (id: string, status: RenderStatus) =>
    dataSource.query('UPDATE renders SET status = $2 WHERE id = $1', [id, status]);
  const count = async (table: string): Promise<number> =>
    Number((await dataSource.query<{ n: string }[]>(`SELECT count(*) AS n FROM ${table}`))[0].n);

  it('gives back what was created', async () => {
    const id = await create();
    expect(await store.find(id)).toMatchObject({
      id,
      status: 'queued',
      assetFilename: 'photo.jpg',
      style: { id: styleId },
      sizePreset: { id: sizePresetId, name: '9x12', widthInches: 9, heightInches: 12, dpi: 300 },
      algorithmConfig: { colors: 8 },
      layout: { fit: 'contain', focus: { x: 0.5, y: 0.25 } },
      progress: 0,
      file: null,
      startedAt: null,
      completedAt: null,
      durationMs: null,
      errorMessage: null,
      warnings: [{ code: 'low_resolution', message: 'few pixels' }],
    });
    expect((await store.find(id))?.createdAt).toBeInstanceOf(Date);
    expect(await store.find(MISSING)).toBeNull();
  });

  it('creates both rows or none', async () => {
    const before = await count('assets');
    await expect(create({ styleId: MISSING })).rejects.toThrow('fk_renders_style');
    expect(await count('assets')).toBe(before);
  });

  it('records a completed run', async () => {
    const id = await create();
    expect(await store.markStarted(id)).toBe(true);
    expect((await store.find(id))?.startedAt).toBeInstanceOf(Date);
    expect(await store.markCompleted(id, RESULT)).toBe(true);
    expect(await store.find(id)).toMatchObject({
      status: 'completed',
      outputKey: RESULT.outputKey,
      previewKey: RESULT.previewKey,
      durationMs: 1234,
      pipelineVersion: '1.0.0',
      progress: 100,
      file: RESULT.file,
      warnings: [{ code: 'low_resolution' }],
    });
  });

  it('records progress of a render under way only', async () => {
    const id = await create();
    expect(await store.recordProgress(id, 10)).toBe(false);
    await store.markStarted(id);
    expect(await store.recordProgress(id, 42)).toBe(true);
    expect(await store.find(id)).toMatchObject({ progress: 42 });
    await setStatus(id, 'cancelled');
    expect(await store.recordProgress(id, 50)).toBe(false);
    expect(await store.find(id)).toMatchObject({ progress: 42 });
  });

  it('records a failed run, and clears the reason when it starts again', async () => {
    const id = await create();
    await store.markStarted(id);
    expect(await store.markQueued(id)).toBe(true);
    expect(await store.find(id)).toMatchObject({ status: 'queued', startedAt: null });
    await store.markStarted(id);
    expect(await store.markFailed(id, 'Image is corrupt')).toBe(true);
    expect(await store.find(id)).toMatchObject({ status: 'failed', errorMessage: 'Image is corrupt' });
  });

  const moves: [RenderStatus, (id: string) => Promise<boolean>][] = [
    ['started', (id) => store.markStarted(id)],
    ['queued', (id) => store.markQueued(id)],
    ['completed', (id) => store.markCompleted(id, RESULT)],
    ['failed', (id) => store.markFailed(id, 'x')],
  ];
  describe.each(moves)('the move to %s', (target, move) => {
    it.each(RENDER_STATUSES)('from %s is made only where the state machine has it', async (from) => {
      const id = await create();
      await setStatus(id, from);
      const allowed = statusesLeadingTo(target).includes(from);
      expect(await move(id)).toBe(allowed);
      expect((await store.find(id))?.status).toBe(allowed ? target : from);
    });
  });

  it('refuses a state that is none', async () => {
    const id = await create();
    await expect(setStatus(id, 'processing' as RenderStatus)).rejects.toThrow('chk_renders_status');
  });

  it('discards a queued render with its asset, and no other', async () => {
    const [gone, running] = [await create(), await create()];
    await store.markStarted(running);
    const before = await count('assets');
    expect(await store.discard(gone)).toBe(true);
    expect(await store.discard(running)).toBe(false);
    expect(await store.discard(MISSING)).toBe(true);
    expect(await store.find(gone)).toBeNull();
    expect(await store.find(running)).not.toBeNull();
    expect(await count('assets')).toBe(before - 1);
  });
});
