import { randomUUID } from 'node:crypto';
import { attemptKey, outputKey, previewKey, uploadKey } from '#core';
import type { DatabaseConfig } from '#config';
import { dataSourceOptions, Catalogue, ObjectReferences, RenderRepository, SYSTEM_OWNER_ID } from '#persistence';
import { DataSource } from 'typeorm';
import { createMigratedDatabase, dropDatabase } from '../support/servers.js';

describe('object references', () => {
  let database: DatabaseConfig;
  let dataSource: DataSource;
  let store: RenderRepository;
  let references: ObjectReferences;

  beforeAll(async () => {
    database = await createMigratedDatabase();
    dataSource = await new DataSource(dataSourceOptions(database)).initialize();
    store = new RenderRepository(dataSource);
    references = new ObjectReferences(dataSource);
  });
  afterAll(async () => {
    await dataSource.destroy();
    await dropDatabase(database);
  });

  /** In the order asked. */
  const unreferenced = async (keys: string[]): Promise<string[]> => {
    const found = new Set(await references.findOrphanKeys(keys));
    return keys.filter((key) => found.has(key));
  };

  /** A queued render and the key of its photo. */
  async function create(): Promise<{ id: string; photo: string }> {
    const catalogue = new Catalogue(dataSource);
    const [id, assetId] = [randomUUID(), randomUUID()];
    const photo = uploadKey(assetId, 'a photo.jpg');
    const [style] = await catalogue.listStyles();
    const [size] = await catalogue.listSizePresets();
    await store.create(
      SYSTEM_OWNER_ID,
      { id: assetId, filename: 'x', objectKey: photo, format: 'JPEG', widthPx: 1, heightPx: 1, fileSizeBytes: 1 },
      { id, styleId: style.id, sizePresetId: size.id, algorithmConfig: {}, layout: {}, warnings: [] },
    );
    return { id, photo };
  }

  async function claimed(id: string) {
    const claim = await store.claim(id, 60_000, 3);
    if (claim.kind !== 'render') throw new Error(`The claim was answered with ${claim.kind}`);
    return claim.lease;
  }

  const result = (id: string) => ({
    outputKey: outputKey(id),
    previewKey: previewKey(id),
    durationMs: 1,
    pipelineVersion: '1',
    file: {} as never,
    metadata: {},
  });
  const documented = (id: string): string[] => [outputKey(id), previewKey(id)];
  const attempt = (id: string, token: string): string[] => [
    attemptKey(id, token, 'output.tiff'),
    attemptKey(id, token, 'preview.jpg'),
  ];

  it('keeps photos of assets, and no other uploads', async () => {
    const { photo } = await create();
    const stray = uploadKey(randomUUID(), 'x.jpg');
    expect(await unreferenced([photo, stray])).toEqual([stray]);
  });

  it('keeps the files of the current attempt, and of no other', async () => {
    const { id } = await create();
    const first = await claimed(id);
    expect(await unreferenced(attempt(id, first.token))).toEqual([]);
    await store.release(first);
    const second = await claimed(id);
    const keys = [...attempt(id, first.token), ...attempt(id, second.token), ...documented(id)];
    expect(await unreferenced(keys)).toEqual([...attempt(id, first.token), ...documented(id)]);
  });

  it('keeps a result from the moment it is the one', async () => {
    const { id } = await create();
    const lease = await claimed(id);
    await store.commitResult(lease, result(id));
    await store.release(lease);
    const keys = [...attempt(id, lease.token), ...documented(id)];
    expect(await unreferenced(keys)).toEqual([]);
    const later = await store.claim(id, 60_000, 3);
    if (!('lease' in later)) throw new Error('not claimed');
    await store.complete(later.lease);
    expect(await unreferenced(keys)).toEqual(attempt(id, lease.token));
  });

  it('keeps nothing of a render that failed or is not there', async () => {
    const { id } = await create();
    const lease = await claimed(id);
    await store.commitResult(lease, result(id));
    await store.fail(lease, { code: 'internal', message: 'x' });
    const keys = [...attempt(id, lease.token), ...documented(id), ...documented(randomUUID())];
    expect(await unreferenced(keys)).toEqual(keys);
  });

  it('leaves alone what is not of our making', async () => {
    const strange = ['renders/readme.txt', `renders/${randomUUID()}/notes.txt`, 'uploads/x', 'backup/renders.tar'];
    expect(await unreferenced(strange)).toEqual([]);
  });
});
