/** Acts on every item, `count` of them side by side, until the signal fires: then those begun are the last. */
export async function mapConcurrent<T>(
  items: readonly T[],
  count: number,
  act: (item: T) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  for (let i = 0; i < items.length && !signal?.aborted; i += count) {
    // All of a group end before an error is thrown: nothing goes on behind the caller's back.
    const ends = await Promise.allSettled(items.slice(i, i + count).map(act));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
  }
}
