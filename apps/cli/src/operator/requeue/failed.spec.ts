import type { Cursor, Render } from '#persistence';
import { pagesOf } from './failed.js';

describe('the failed renders that a requeue means', () => {
  const rows = Array.from({ length: 1200 }, (_, i) => ({ id: `${i}`, cursor: { at: '', id: `${i}` } }) as Render);
  const listOldest = jest.fn((_selection: object, limit: number, after?: Cursor) => {
    const from = after === undefined ? 0 : Number(after.id) + 1;
    return Promise.resolve(rows.slice(from, from + limit));
  });
  const database = { operations: { listOldest } };

  it.each([
    [10_000, [500, 500, 200]],
    [1000, [500, 500]],
    [501, [500, 1]],
    [1, [1]],
    [0, []],
  ])('come a page at a time, the oldest first and %d at most', async (limit, sizes) => {
    const pages: (readonly Render[])[] = [];
    for await (const page of pagesOf({ database }, { selection: {}, limit })) pages.push(page);
    expect(pages.map((page) => page.length)).toEqual(sizes);
    expect(pages.flat()).toEqual(rows.slice(0, limit));
  });
});
