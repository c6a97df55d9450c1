import { memoryLimit } from '#sandbox';
import { defineNamespace } from '../namespace.js';
import { defaultRenderMemoryMb } from '../render-memory.js';
import { count } from '../setting-kinds.js';

const MIB = 1024 * 1024;

export const renders = defineNamespace({
  title: 'Renders',
  readBy: ['worker'],
  settings: {
    RENDER_CONCURRENCY: count(
      1,
      64,
    )({
      default: 1,
      readBy: ['worker', 'pop-render'],
      description: 'Renders that a worker runs at once.',
    }),
    RENDER_THREADS: count(
      1,
      64,
    )({
      unset: 'processors of the container',
      readBy: ['worker', 'pop-render'],
      description: 'Painting threads of one render.',
    }),
    RENDER_TIMEOUT_SECONDS: count(
      1,
      86_400,
    )({
      default: 600,
      description: 'Seconds that a single render may take before it fails.',
    }),
    RENDER_MEMORY_MB: count(
      64,
      1_048_576,
    )({
      unset: "its share of the container's memory",
      readBy: ['worker', 'pop-render'],
      description: 'Megabytes of memory that a single render may take.',
    }),
    RENDER_MAX_LOST_ATTEMPTS: count(
      1,
      100,
    )({
      default: 5,
      description: 'Crashes of its worker or render process after which a render fails.',
    }),
  },
  config: (env) => ({
    concurrency: env.RENDER_CONCURRENCY,
    /** Painting threads of one render; as many as the processors that the worker may use when undefined. */
    threads: env.RENDER_THREADS,
    maxLost: env.RENDER_MAX_LOST_ATTEMPTS,
    renderTimeoutMs: env.RENDER_TIMEOUT_SECONDS * 1000,
    renderMemoryBytes: (env.RENDER_MEMORY_MB ?? defaultRenderMemoryMb(env.RENDER_CONCURRENCY, memoryLimit())) * MIB,
  }),
});
