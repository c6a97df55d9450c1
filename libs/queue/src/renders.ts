import type { RenderJob } from '#core';
import { defineQueue } from './queue-definition.js';

/** The queue of renders. A job carries ids only; the database holds the rest. */
export const RENDERS = defineQueue<RenderJob>('renders', {
  title: 'Render queue',
  jobName: 'render',
  fields: ['renderId', 'assetId', 'styleId', 'sizePresetId', 'requestId', 'traceparent'],
  keepCompletedSeconds: 24 * 3600,
  keepFailedSeconds: 7 * 24 * 3600,
});
