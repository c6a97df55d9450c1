import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { DependencyError, type ObjectStore, StorageObserver } from '#core';
import { MeasuredObjectStore } from './measured-object-store.js';

class Notes extends StorageObserver {
  readonly all: unknown[] = [];
  ended(operation: string, status: string, seconds: number): void {
    this.all.push(`${operation} ${status}`);
    expect(seconds).toBeGreaterThanOrEqual(0);
  }
  transferred(direction: string, bytes: number): void {
    this.all.push(`${direction} ${bytes}`);
  }
}

describe('a measured store', () => {
  const stored = async (key: string) => ({ key, sizeBytes: 12 });
  const outage = new DependencyError('storage_unavailable', 'Object storage is unavailable');
  let notes: Notes;
  const over = (store: Partial<ObjectStore>) => new MeasuredObjectStore(store as ObjectStore, (notes = new Notes()));

  it('reports uploads, downloads and deletions, and the bytes transferred', async () => {
    const store = over({ putFile: stored, fetchToFile: stored, remove: async () => undefined });
    expect(await store.putFile('a', '/tmp/a', 'image/jpeg')).toEqual({ key: 'a', sizeBytes: 12 });
    await store.fetchToFile('a', '/tmp/a');
    await store.remove('a');
    expect(notes.all).toEqual(['upload success', 'upload 12', 'download success', 'download 12', 'delete success']);
  });

  it('reports those that failed, and passes their errors on', async () => {
    const fail = (): Promise<never> => Promise.reject(outage);
    const store = over({ putFile: fail, fetchToFile: fail, remove: fail });
    await expect(store.putFile('a', '/tmp/a', 'image/jpeg')).rejects.toBe(outage);
    await expect(store.fetchToFile('a', '/tmp/a')).rejects.toBe(outage);
    await expect(store.remove('a')).rejects.toBe(outage);
    expect(notes.all).toEqual(['upload failure', 'download failure', 'delete failure']);
  });

  it('takes a missing object for an answer of the store, not for a failure', async () => {
    const missing = new DependencyError('object_missing', 'A stored object is missing');
    const fail = (): Promise<never> => Promise.reject(missing);
    const store = over({ fetchToFile: fail, read: fail, remove: fail });
    await expect(store.fetchToFile('a', '/tmp/a')).rejects.toBe(missing);
    await expect(store.read('a')).rejects.toBe(missing);
    await expect(store.remove('a')).rejects.toBe(missing);
    expect(notes.all).toEqual(['download success', 'download success', 'delete success']);
  });

  it('counts no error for a reader that stops half-way', async () => {
    const endless = new Readable({ read: () => void endless.push(Buffer.alloc(1000)) });
    const stream = await over({ read: async () => endless }).read('a');
    for await (const chunk of stream) if (chunk) break;
    await new Promise((resolve) => (endless.closed ? resolve(null) : endless.once('close', resolve)));
    expect(notes.all.filter((note) => !/^download \d+$/.test(String(note)))).toEqual(['download success']);
  });

  it('counts the bytes of a stream as they come, and passes on that it broke', async () => {
    const store = over({ read: async () => Readable.from([Buffer.alloc(3), Buffer.alloc(4)]) });
    expect(await buffer(await store.read('a'))).toHaveLength(7);
    expect(notes.all).toEqual(['download success', 'download 3', 'download 4']);
    const broken = new Readable({ read: () => broken.destroy(outage) });
    await expect(buffer(await over({ read: async () => broken }).read('a'))).rejects.toBe(outage);
  });
});
