import { serializeError } from '#core';
import { render } from '#pipelines';
import type { RenderOrder, RenderReport } from './render-messages.js';

/**
 * Entry of the process that renders: one order at a time over IPC. It lives and dies by its parent; signals meant for
 * the whole group are the parent's to act on.
 */
const report = (message: RenderReport): void => {
  process.send?.(message);
};

process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit(0));

process.on('message', (order: RenderOrder) => {
  render({
    ...order,
    onProgress: ({ fraction, stage }) => report({ kind: 'progress', fraction, stage }),
  }).then(
    (facts) => report({ kind: 'done', facts }),
    (error: unknown) => report({ kind: 'failed', error: serializeError(error) }),
  );
});
