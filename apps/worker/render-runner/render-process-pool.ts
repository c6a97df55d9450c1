import { fileURLToPath } from 'node:url';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { RenderError } from '#core';
import { DEATH_REASONS, ProcessDeath, ProcessPool } from '#isolation';
import { watchProcesses } from '#observability';
import type { RenderFacts } from '#pipelines';
import { RenderEngine, type RenderWatch } from './render-engine.js';
import type { RenderOrder } from './render-messages.js';

export interface RenderProcessLimits {
  /** Renders side by side. */
  readonly concurrency: number;
  /** Physical memory of one render; not enforced where there is no /proc. */
  readonly memoryBytes: number;
  /** Script of the processes, unless it is the built one. */
  readonly entry?: string;
}

const ENTRY = fileURLToPath(new URL('./render-process.js', import.meta.url));
const MIB = 1024 * 1024;

/** Renders in child processes: a crash in native code or a hunger for memory ends one render and not the worker. */
@Injectable()
export class RenderProcessPool extends RenderEngine implements OnApplicationShutdown {
  private readonly pool: ProcessPool<RenderOrder, RenderFacts>;

  constructor(private readonly limits: RenderProcessLimits) {
    super();
    this.pool = new ProcessPool({
      entry: limits.entry ?? ENTRY,
      size: limits.concurrency,
      memoryLimitBytes: limits.memoryBytes,
      onDeath: watchProcesses('render', DEATH_REASONS, () => this.pool.residentBytes),
    });
  }

  async render(order: RenderOrder, watch: RenderWatch): Promise<RenderFacts> {
    try {
      return await this.pool.run(order, watch);
    } catch (error) {
      if (!(error instanceof ProcessDeath)) throw error;
      if (error.reason !== 'memory') {
        throw new RenderError('engine_crashed', 'The render process died', { cause: error });
      }
      const limit = Math.round(this.limits.memoryBytes / MIB);
      throw new RenderError('memory_exceeded', `Render needed more than ${limit} MB of memory`, { cause: error });
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.pool.close();
  }
}
