import { RequestError } from '#core';
import type { Express } from 'express';

/** What Express has of each of its routes; not all of it is in its types. */
interface Layer {
  match(path: string): boolean;
  readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
}

/**
 * The methods that the routes of a path have, as listed in `Allow`.
 * @returns none for a path that is no route
 */
export function allowedMethods({ router }: Express, path: string): string[] {
  const methods = new Set<string>();
  for (const layer of router.stack as unknown as Layer[]) {
    if (!layer.route || !layer.match(path)) continue;
    for (const method of Object.keys(layer.route.methods)) methods.add(method.toUpperCase());
  }
  if (methods.has('GET')) methods.add('HEAD');
  if (methods.size > 0) methods.add('OPTIONS');
  return [...methods];
}

export function methodNotAllowed(method: string, allowed: readonly string[]): RequestError {
  return new RequestError('method_not_allowed', 'Method Not Allowed', {
    hint: `${method} is not available here; use ${allowed.join(', ')}`,
  });
}
