import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { listing } from './cleanup/orphans.js';
import { archive } from './queue/clear-failed.js';

describe('files that keep what a command removes', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'kept-'));
  const file = path.join(folder, 'kept');
  afterEach(() => rmSync(file, { force: true }));
  afterAll(() => rmSync(folder, { recursive: true }));
  const stop = new Error('broken off');
  const print = (): void => undefined;

  it('a list of orphans has what was found when the search is broken off', async () => {
    const find = async (report: (key: string) => Promise<void>): Promise<void> => {
      await report('uploads/a');
      expect(readFileSync(file, 'utf8')).toBe('uploads/a\n'); // The object goes after this.
      throw stop;
    };
    await expect(listing(file, { print }, find)).rejects.toBe(stop);
    expect(readFileSync(file, 'utf8')).toBe('uploads/a\n');
    await expect(listing(file, { print }, async () => undefined)).rejects.toThrow('is there already');
  });

  it('a list of orphans is not left behind by a search that found nothing and failed', async () => {
    await expect(listing(file, { print }, () => Promise.reject(stop))).rejects.toBe(stop);
    expect(existsSync(file)).toBe(false);
    await listing(file, { print }, () => Promise.resolve());
    expect(readFileSync(file, 'utf8')).toBe('');
  });

  it('a list for standard output is printed when the search has ended, however it ended', async () => {
    const printed: string[] = [];
    const find = async (report: (key: string) => Promise<void>): Promise<void> => {
      await report('uploads/a');
      expect(printed).toEqual([]);
      throw stop;
    };
    await expect(listing('-', { print: (text) => void printed.push(text) }, find)).rejects.toBe(stop);
    expect(printed).toEqual(['uploads/a']);
  });

  it('part of an archive of failed jobs is not in the way of the next try', async () => {
    const job = { id: '1' } as Parameters<NonNullable<Parameters<Parameters<typeof archive>[1]>[0]>>[0];
    const failing = archive(file, async (write) => {
      await write!(job);
      throw stop;
    });
    await expect(failing).rejects.toBe(stop);
    expect(existsSync(file)).toBe(false);
    await archive(file, (write) => write!(job));
    expect(readFileSync(file, 'utf8')).toBe('{"id":"1"}\n');
  });
});
