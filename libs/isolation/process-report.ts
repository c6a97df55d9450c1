import type { SerializedError } from '#core';

/** What a child process tells of the order it was given. */
export type ProcessReport<Result> =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'progress'; readonly fraction: number }
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'failed'; readonly error: SerializedError };
