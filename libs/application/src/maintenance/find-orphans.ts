import type { ListedObject, ObjectStore } from '#core';
import type { ObjectReferences } from '#persistence';

/** Where our objects are; a bucket may hold others. */
const PREFIXES = ['uploads/', 'renders/'];
const PAGE = 500;
/** From this number of objects on, a larger share of orphans means that the database does not belong to the storage. */
const MAX_ORPHAN_RATIO = { objects: 100, share: 0.9 };

/** The database refers to hardly any of the stored objects: a wrong one, a new one or an old backup. */
export class SuspiciousOrphanRatioError extends Error {
  constructor(orphans: number, objects: number) {
    super(
      `The database names only ${objects - orphans} of ${objects} stored objects: is it the right one, or an old backup? ` +
        'Nothing more is removed. If they are orphans indeed: pop-render cleanup orphans --yes',
    );
  }
}

export interface OrphanSearch {
  readonly objects: ObjectStore;
  readonly references: ObjectReferences;
  /** Younger objects are left alone: their row may be about to be written. */
  readonly before: Date;
  /** Whether to throw {@link SuspiciousOrphanRatioError} instead of returning most of the bucket. */
  readonly guardMajority?: boolean;
  /** Called with every stored object, orphan or not. */
  readonly onSeen?: (object: ListedObject) => void;
  /** Whether to break off at the next good moment. */
  readonly stopping?: () => boolean;
}

/** Stored objects that no row refers to: files of attempts that died or came too late, photos of submissions that broke off. */
export async function* findOrphans(search: OrphanSearch): AsyncIterable<ListedObject> {
  let page: ListedObject[] = [];
  for await (const object of search.objects.list('')) {
    if (search.stopping?.()) return;
    search.onSeen?.(object);
    if (object.modifiedAt >= search.before || !PREFIXES.some((prefix) => object.key.startsWith(prefix))) continue;
    page.push(object);
    if (page.length < PAGE) continue;
    yield* await orphansOf(page, search);
    page = [];
  }
  yield* await orphansOf(page, search);
}

async function orphansOf(
  page: readonly ListedObject[],
  { references, guardMajority }: OrphanSearch,
): Promise<ListedObject[]> {
  if (page.length === 0) return [];
  const orphans = new Set(await references.findOrphanKeys(page.map(({ key }) => key)));
  if (guardMajority && page.length >= MAX_ORPHAN_RATIO.objects && orphans.size > MAX_ORPHAN_RATIO.share * page.length) {
    throw new SuspiciousOrphanRatioError(orphans.size, page.length);
  }
  return page.filter(({ key }) => orphans.has(key));
}
