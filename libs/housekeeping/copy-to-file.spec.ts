import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DependencyError, type ObjectStore } from '#core';
import { copyToFile } from './copy-to-file.js';

describe('a copy of a stored object', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'copy-'));
  const target = path.join(folder, 'copy');
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Holds one object of so many bytes; what fetching it does is the test's. */
  const store = (sizeBytes: number, fetch: (file: string) => void) =>
    ({
      stat: () => Promise.resolve({ key: 'k', sizeBytes }),
      fetchToFile: async (key: string, file: string) => {
        writeFileSync(file, 'abc');
        fetch(file);
        return { key, sizeBytes: 3 };
      },
    }) as Partial<ObjectStore> as ObjectStore;
  const away = (cause: unknown) =>
    new DependencyError('storage_unavailable', 'Object storage is unavailable', { cause: new Error('No', { cause }) });

  it('is not there when too little has arrived or the store went away', async () => {
    await expect(
      copyToFile(
        store(5, () => undefined),
        'k',
        target,
      ),
    ).rejects.toThrow('has 5 bytes, but 3 arrived');
    const reset = away(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    const failing = store(3, () => {
      throw reset;
    });
    await expect(copyToFile(failing, 'k', target)).rejects.toBe(reset);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('blames the disk, not the store, when it is full', async () => {
    const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
    const failing = store(3, () => {
      throw away(full);
    });
    await expect(copyToFile(failing, 'k', target)).rejects.toBe(full);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is there whole in the end', async () => {
    expect(
      await copyToFile(
        store(3, () => undefined),
        'k',
        target,
      ),
    ).toBe(3);
    expect([readdirSync(folder), readFileSync(target, 'utf8')]).toEqual([['copy'], 'abc']);
  });
});
