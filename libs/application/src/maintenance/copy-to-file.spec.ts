import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DependencyError, type ObjectStore } from '#core';
import { copyToFile } from './copy-to-file.js';

describe('a copy of a stored object', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'copy-'));
  const target = path.join(folder, 'copy');
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Holds one object of the given size; each test decides what fetching it does. */
  const store = (sizeBytes: number, fetch: (file: string) => void) =>
    ({
      stat: () => Promise.resolve({ key: 'k', sizeBytes }),
      fetchToFile: async (key: string, file: string) => {
        writeFileSync(file, 'abc');
        fetch(file);
        return { key, sizeBytes: 3 };
      },
    }) as Partial<ObjectStore> as ObjectStore;
  const interrupted = (cause: unknown) =>
    new DependencyError('storage_unavailable', 'Object storage is unavailable', { cause: new Error('No', { cause }) });

  it('is not there when too little has arrived or the store became unavailable', async () => {
    await expect(
      copyToFile(
        store(5, () => undefined),
        'k',
        target,
      ),
    ).rejects.toThrow('has 5 bytes, but 3 arrived');
    const reset = interrupted(Object.assign(new Error('reset'), { code: 'ECONNRESET' }));
    const failing = store(3, () => {
      throw reset;
    });
    await expect(copyToFile(failing, 'k', target)).rejects.toBe(reset);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('blames the disk, not the store, when it is full', async () => {
    const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
    const failing = store(3, () => {
      throw interrupted(full);
    });
    await expect(copyToFile(failing, 'k', target)).rejects.toBe(full);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('guarantee: fetching a photo never writes through a link of another user', async () => {
    const precious = path.join(folder, 'precious');
    writeFileSync(precious, 'precious');
    symlinkSync(precious, `${target}.part`);
    const parts: string[] = [];
    const fetching = (file: string): void => void parts.push(path.basename(file));
    const objects = {
      ...store(3, () => undefined),
      fetchToFile: (key: string, file: string) => {
        fetching(file);
        writeFileSync(file, 'abc', { flag: 'wx' });
        return Promise.resolve({ key, sizeBytes: 3 });
      },
    } as unknown as ObjectStore;
    for (let i = 0; i < 2; i++) await copyToFile(objects, 'k', target);
    expect(readFileSync(precious, 'utf8')).toBe('precious');
    expect(readFileSync(target, 'utf8')).toBe('abc');
    // No other user can guess the name.
    expect(parts).toEqual([expect.stringMatching(/^copy\.[0-9a-f-]{36}\.part$/), expect.any(String)]);
    expect(new Set(parts).size).toBe(2);
    expect(readdirSync(folder).sort()).toEqual(['copy', 'copy.part', 'precious']);
    for (const name of readdirSync(folder)) rmSync(path.join(folder, name));
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
