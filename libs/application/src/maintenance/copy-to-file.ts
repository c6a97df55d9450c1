import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { isResourceExhausted, type ObjectStore, PopRenderError } from '#core';

/**
 * Copies an object to a file, which is there whole or not at all.
 * @returns its size; null when there is no such object
 * @throws what the system said when the file could not be written, for then the store is not to blame
 */
export async function copyToFile(objects: ObjectStore, key: string, target: string): Promise<number | null> {
  // No other user can have put a link there for us to write through: the name is new, and the file is made with it.
  const part = `${target}.${randomUUID()}.part`;
  try {
    const expected = await objects.stat(key);
    if (expected === null) return null;
    const { sizeBytes } = await objects.fetchToFile(key, part);
    if (sizeBytes !== expected.sizeBytes) {
      throw new Error(`${key} has ${expected.sizeBytes} bytes, but ${sizeBytes} arrived`);
    }
    await rename(part, target);
    return sizeBytes;
  } catch (error) {
    if (error instanceof PopRenderError && error.code === 'object_missing') return null;
    const origin = originOf(error);
    throw isResourceExhausted(origin) ? origin : error;
  } finally {
    await rm(part, { force: true });
  }
}

function originOf(thrown: unknown): unknown {
  return thrown instanceof Error && thrown.cause !== undefined ? originOf(thrown.cause) : thrown;
}
