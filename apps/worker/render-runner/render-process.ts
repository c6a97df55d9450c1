import { serveOrders } from '#isolation';
import { render } from '#pipelines';
import type { RenderOrder } from './render-messages.js';

/** Entry of the process that renders. */
serveOrders((order: RenderOrder, onProgress) =>
  render({ ...order, onProgress: ({ fraction }) => onProgress(fraction) }),
);
