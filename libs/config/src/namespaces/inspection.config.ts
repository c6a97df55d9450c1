import { defineNamespace } from '../namespace.js';
import { count } from '../setting-kinds.js';

const MIB = 1024 * 1024;

export const inspection = defineNamespace({
  title: 'Inspection of photos',
  readBy: ['api'],
  settings: {
    INSPECT_CONCURRENCY: count(
      1,
      64,
    )({
      default: 2,
      description: 'Photos that one API process checks at once; with 1, a costly photo is checked beside it.',
    }),
    INSPECT_CONCURRENCY_PER_CLIENT: count(
      1,
      64,
    )({
      default: 2,
      description: 'Photos of one client that one API process checks at once while those of others wait.',
    }),
    INSPECT_CLIENT_SECONDS: count(
      1,
      3600,
    )({
      default: 20,
      description:
        'Seconds of checking in a minute that a client may use before its photos come after those of others.',
    }),
    INSPECT_MEMORY_MB: count(
      64,
      1_048_576,
    )({
      default: 1024,
      description: 'Megabytes of memory that checking one uploaded photo may take.',
    }),
  },
  config: (env) => ({
    concurrency: env.INSPECT_CONCURRENCY,
    memoryBytes: env.INSPECT_MEMORY_MB * MIB,
    /** Photos of one client that are checked at once while those of others wait. */
    perClient: env.INSPECT_CONCURRENCY_PER_CLIENT,
    /** Seconds of decoding that a client may use in a minute before its photos come after those of others. */
    clientSecondsPerMinute: env.INSPECT_CLIENT_SECONDS,
  }),
});
