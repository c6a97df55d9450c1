import type { Namespace } from './namespace.js';
import { NAMESPACES } from './namespaces/index.js';
import type { Setting } from './setting.js';

const namespaces: readonly Namespace[] = Object.values(NAMESPACES);

/** Every setting by the name of its variable. */
export const SETTINGS: ReadonlyMap<string, Setting> = new Map(
  namespaces.flatMap(({ settings }) => Object.entries(settings)),
);
