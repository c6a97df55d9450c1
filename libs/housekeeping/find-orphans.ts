import type { ListedObject, ObjectReferences, ObjectStore } from '#core';

/** Where our objects are; a bucket may hold others. */
const PREFIXES = ['uploads/', 'renders/'];
const PAGE = 500;

export interface OrphanSearch {
  readonly objects: ObjectStore;
  readonly references: ObjectReferences;
  /** Younger objects are left alone: their row may be about to be written. */
  readonly before: Date;
  /** Told of every stored object, orphan or not. */
  readonly onSeen?: (object: ListedObject) => void;
  /** Whether to break off at the next good moment. */
  readonly stopping?: () => boolean;
}

/** Stored objects that no row names: files of attempts that died or came too late, photos of submissions that broke off. */
export async function* findOrphans(search: OrphanSearch): AsyncIterable<ListedObject> {
  let page: ListedObject[] = [];
  for await (const object of search.objects.list('')) {
    if (search.stopping?.()) return;
    search.onSeen?.(object);
    if (object.modifiedAt >= search.before || !PREFIXES.some((prefix) => object.key.startsWith(prefix))) continue;
    page.push(object);
    if (page.length < PAGE) continue;
    yield* await orphansOf(page, search.references);
    page = [];
  }
  yield* await orphansOf(page, search.references);
}

async function orphansOf(page: readonly ListedObject[], references: ObjectReferences): Promise<ListedObject[]> {
  if (page.length === 0) return [];
  const orphans = new Set(await references.unreferenced(page.map(({ key }) => key)));
  return page.filter(({ key }) => orphans.has(key));
}
