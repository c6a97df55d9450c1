import { serveTasks } from '#sandbox';
import { render } from '#pipelines';
import type { RenderTask } from './render-messages.js';

/** Entry of the process that renders. */
serveTasks((task: RenderTask, onProgress) => render({ ...task, onProgress: ({ fraction }) => onProgress(fraction) }));
