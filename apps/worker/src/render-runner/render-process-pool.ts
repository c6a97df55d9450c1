import { fileURLToPath } from 'node:url';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { RenderError } from '#core';
import {
  cpuLimit,
  EXIT_REASONS,
  inputPath,
  outputPath,
  ProcessExitError,
  ProcessPool,
  type SandboxMode,
  type TaskFiles,
} from '#sandbox';
import type { ChildProcessMetrics, Logger } from '#observability';
import type { RenderOutput } from '#pipelines';
import { RenderEngine, type RenderOptions } from './render-engine.js';
import { checkRenderOutput } from './render-output.js';
import type { RenderTask } from './render-messages.js';

export interface RenderProcessLimits {
  /** Renders at once. */
  readonly concurrency: number;
  /** Physical memory of one render; not enforced where there is no /proc. */
  readonly memoryBytes: number;
  /** Sandbox of its processes, `auto` by default. */
  readonly sandbox?: SandboxMode;
  /** Script of the processes, by default the built one. */
  readonly entry?: string;
}

const ENTRY = fileURLToPath(new URL('./render-process.js', import.meta.url));
const MIB = 1024 * 1024;
/** Names of the files inside the process. */
const [PHOTO, PRINT, PREVIEW] = ['photo', 'output.tiff', 'preview.jpg'];

/** Renders in child processes: a crash in native code, or too much memory, ends one render and not the worker. */
@Injectable()
export class RenderProcessPool extends RenderEngine implements OnModuleInit, OnApplicationShutdown {
  private readonly pool: ProcessPool<RenderTask, RenderOutput>;

  constructor(
    private readonly limits: RenderProcessLimits,
    metrics: ChildProcessMetrics,
    private readonly logger?: Logger,
  ) {
    super();
    this.pool = new ProcessPool({
      name: 'render',
      entry: limits.entry ?? ENTRY,
      packages: ['sharp'],
      sandbox: limits.sandbox ?? 'auto',
      checkResult: checkRenderOutput,
      size: limits.concurrency,
      memoryLimitBytes: limits.memoryBytes,
      onExit: metrics.observe('render', EXIT_REASONS, () => this.pool.residentBytes),
    });
  }

  /** @throws ConfigurationError when the sandbox that is required cannot be had */
  async onModuleInit(): Promise<void> {
    const { sandbox, missing, refused } = await this.pool.sandbox();
    this.logger?.[missing.length > 0 ? 'warn' : 'info'](
      { sandbox: sandbox.name, missing, refused },
      'Sandbox of the processes that render',
    );
  }

  async render(task: RenderTask, options: RenderOptions): Promise<RenderOutput> {
    try {
      return await this.pool.run(insideTask(task), options, filesOf(task));
    } catch (error) {
      if (!(error instanceof ProcessExitError)) throw error;
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

/** The task as the process needs it: it sees only its own folder, and not its limit of processors. */
function insideTask(task: RenderTask): RenderTask {
  return {
    ...task,
    photoPath: inputPath(PHOTO),
    printPath: task.printPath && outputPath(PRINT),
    previewPath: task.previewPath && outputPath(PREVIEW),
    threads: task.threads ?? cpuLimit(),
  };
}

function filesOf({ photoPath, printPath, previewPath }: RenderTask): TaskFiles {
  return {
    inputs: photoPath ? { [PHOTO]: photoPath } : {},
    outputs: { ...(printPath && { [PRINT]: printPath }), ...(previewPath && { [PREVIEW]: previewPath }) },
  };
}
