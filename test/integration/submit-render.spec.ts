import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type StorageAdmission, SubmitRender, UploadCleanup } from '#application';
import { DependencyError, type ObjectStore, type RenderQueue } from '#core';
import { createLogger, Telemetry } from '#observability';
import { type Catalogue, type RenderRepository } from '#persistence';
import { inspectPhoto } from '#photo';
import { FLOWER } from '../support/photos.js';
import { temporaryFolder } from '../support/processes.js';

const outage = new DependencyError('queue_unavailable', 'Render queue is unavailable');
const fails = () => Promise.reject(outage);

describe('submitting a render', () => {
  let photo: { path: string; filename: string; sizeBytes: number };
  let removeFolder: () => Promise<void>;
  beforeAll(async () => {
    const [folder, remove] = await temporaryFolder();
    removeFolder = remove;
    photo = { path: path.join(folder, 'x'), filename: 'x.jpg', sizeBytes: FLOWER().length };
    await writeFile(photo.path, FLOWER());
  });
  afterAll(() => removeFolder());

  /** Submits over servers that work but for the given parts; returns what was called. */
  async function submit(overrides: { queue?: object; renders?: object; objects?: object }) {
    const calls: string[] = [];
    const does = (name: string, answer: unknown) => async () => {
      calls.push(name);
      return answer;
    };
    const catalogue = {
      findStyle: async () => ({ id: 's', slug: 'pop-poster', algorithmConfig: {} }),
      findSizePreset: async () => ({ id: 'p', name: '9x12', widthInches: 9, heightInches: 12, dpi: 300 }),
    } as unknown as Catalogue;
    const objects = {
      putFile: does('put', {}),
      remove: does('remove object', undefined),
      ...overrides.objects,
    } as unknown as ObjectStore;
    const queue = { enqueue: does('enqueue', 'job'), ...overrides.queue };
    const renders = {
      create: does('create', { createdAt: new Date(), job: {}, rank: 1 }),
      recordQueueJob: does('record job', undefined),
      find: does('find', null),
      ...overrides.renders,
    };
    const logger = createLogger('test', { logLevel: 'CRITICAL' });
    const store = renders as unknown as RenderRepository;
    const cleanup = new UploadCleanup(objects, store, logger, { settleMs: 1, pauseMs: 1 });
    const service = new SubmitRender({
      catalogue,
      objects,
      renders: store,
      queue: queue as unknown as RenderQueue,
      cleanup,
      inspector: { inspect: inspectPhoto, hasWaiting: false, assertBudget: () => undefined },
      admission: { hold: async () => ({ release: () => undefined }) } as unknown as StorageAdmission,
      logger,
      telemetry: new Telemetry(),
      waiting: { total: 0, perClient: 0 },
    });
    const submission = {
      photo,
      styleId: 's',
      sizePresetId: 'p',
      layout: {},
      requestId: 'r',
      ownerId: 'o',
      client: 'c',
    };
    const outcome = await service.execute(submission).then(
      () => 'accepted',
      (error: unknown) => error,
    );
    const answered = [...calls];
    await cleanup.settled();
    return { outcome, answered, calls };
  }

  it('stores, records and queues, in this order', async () => {
    const { outcome, calls } = await submit({});
    expect(outcome).toBe('accepted');
    expect(calls).toEqual(['put', 'create', 'enqueue', 'record job']);
  });

  it('keeps a render that cannot be queued now: a worker adds its job later', async () => {
    const { outcome, calls } = await submit({ queue: { enqueue: fails } });
    expect(outcome).toBe('accepted');
    expect(calls).toEqual(['put', 'create']);
  });

  it('takes the photo back when the row cannot be written', async () => {
    const { outcome, answered, calls } = await submit({ renders: { create: fails } });
    expect(outcome).toBe(outage);
    expect(answered).toEqual(['put']);
    expect(calls).toEqual(['put', 'find', 'remove object']);
  });

  it('takes back a photo that the store may have in spite of its outage', async () => {
    const { outcome, calls } = await submit({ objects: { putFile: fails } });
    expect(outcome).toBe(outage);
    expect(calls).toEqual(['find', 'remove object']);
  });

  it('tries again to take the photo back', async () => {
    let removals = 0;
    const remove = async () => (++removals < 3 ? fails() : undefined);
    await submit({ renders: { create: fails }, objects: { remove } });
    expect(removals).toBe(3);
  });

  it('leaves the photo to a row that was written in spite of the outage, or may have been', async () => {
    const written = await submit({ renders: { create: fails, find: async () => ({}) } });
    expect(written.calls).toEqual(['put']);
    const unknown = await submit({ renders: { create: fails, find: fails } });
    expect(unknown.outcome).toBe(outage);
    expect(unknown.calls).toEqual(['put']);
  });

  it('stands by a queued render whose job id could not be recorded', async () => {
    const { outcome, calls } = await submit({ renders: { recordQueueJob: fails } });
    expect(outcome).toBe('accepted');
    expect(calls).toEqual(['put', 'create', 'enqueue']);
  });
});
