import type { ObjectStore } from '#core';
import { createLogger } from '#observability';
import type { ExpiredRender, LeaderLock, RenderArchive, RetentionFilter } from '#persistence';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { retentionNotBefore, retentionNotice } from '../../apps/embedded/src/retention-start.js';
import { Retention } from '../../apps/worker/src/retention.js';

const DAY_MS = 24 * 3_600_000;
const ago = (days: number): Date => new Date(Date.now() - days * DAY_MS);

describe('retention', () => {
  let renders: ExpiredRender[];
  let removed: string[];
  const render = (id: string, days: number): ExpiredRender => ({ id, completedAt: ago(days), keys: [`${id}/print`] });
  const archive = {
    list: async ({ completedBefore }: RetentionFilter) =>
      renders.filter(({ completedAt }) => completedAt < completedBefore),
    archive: async (ids: readonly string[]) => {
      const old = renders.filter(({ id }) => ids.includes(id));
      renders = renders.filter((one) => !old.includes(one));
      return old.flatMap(({ keys }) => keys);
    },
  } as unknown as RenderArchive;
  const objects = { remove: async (key: string) => void removed.push(key) } as unknown as ObjectStore;

  beforeEach(() => {
    renders = [render('old', 31), render('young', 29)];
    removed = [];
  });

  function retention(
    days: number,
    notBefore?: Date,
    tryRun: LeaderLock['tryRun'] = async (_, work) => (await work(), true),
  ) {
    const logger = createLogger('test', { logLevel: 'CRITICAL' });
    return new Retention(
      archive,
      objects,
      { tryRun } as unknown as LeaderLock,
      { days, notBefore, periodMs: 1000 },
      logger,
    );
  }

  it('archives renders completed longer ago and removes their files', async () => {
    await retention(30).apply();
    expect(removed).toEqual(['old/print']);
    expect(renders.map(({ id }) => id)).toEqual(['young']);
  });

  it('removes nothing when files are kept for ever, before its time, or while another process is at it', async () => {
    await retention(0).apply();
    await retention(30, new Date(Date.now() + DAY_MS)).apply();
    await retention(30, undefined, async () => false).apply();
    expect(removed).toEqual([]);
    await retention(30, ago(1)).apply();
    expect(removed).toEqual(['old/print']);
  });
});

describe('the retention of an installation', () => {
  let home: string;
  beforeEach(() => (home = mkdtempSync(path.join(tmpdir(), 'retention-'))));
  afterEach(() => rmSync(home, { recursive: true }));

  it('begins a week after the first start that logs it, however many starts follow', () => {
    const first = Date.parse('2026-05-01T12:00:00Z');
    expect(retentionNotBefore(home, first)).toEqual(new Date('2026-05-08T12:00:00Z'));
    expect(retentionNotBefore(home, first + 3 * DAY_MS)).toEqual(new Date('2026-05-08T12:00:00Z'));
    writeFileSync(path.join(home, 'retention.json'), '{');
    expect(retentionNotBefore(home, first + 4 * DAY_MS)).toEqual(new Date('2026-05-12T12:00:00Z'));
    expect(readFileSync(path.join(home, 'retention.json'), 'utf8')).toContain('2026-05-05');
  });

  it('is reported to its owner', () => {
    const notBefore = new Date('2026-05-08T12:00:00Z');
    expect(retentionNotice(30, notBefore, notBefore.getTime() - 1)).toMatch(
      /kept for 30 days, then removed .*; nothing is removed before 2026-05-08$/,
    );
    expect(retentionNotice(30, notBefore, notBefore.getTime())).not.toContain('before');
    expect(retentionNotice(0, undefined)).toContain('for ever');
  });
});
