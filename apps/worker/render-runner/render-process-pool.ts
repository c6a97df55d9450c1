import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { deserializeError, RenderError } from '#core';
import type { RenderFacts } from '#pipelines';
import { RenderEngine, type RenderWatch } from './render-engine.js';
import type { RenderOrder, RenderReport } from './render-messages.js';

const ENTRY = fileURLToPath(new URL('./render-process.js', import.meta.url));
/** The renderer needs no settings and gets no secrets. */
const PASSED_ENVIRONMENT = ['PATH', 'TMPDIR', 'TZ', 'LD_LIBRARY_PATH', 'LD_PRELOAD', 'MALLOC_ARENA_MAX'];

/**
 * Renders in child processes, one render each at a time, kept warm between renders. A process can be killed at any
 * moment, so an abort always works, and a crash in native code ends one render and not the worker.
 */
@Injectable()
export class RenderProcessPool extends RenderEngine implements OnApplicationShutdown {
  private readonly idle: ChildProcess[] = [];
  private readonly busy = new Set<ChildProcess>();

  constructor(private readonly entry: string = ENTRY) {
    super();
    if (!existsSync(entry)) throw new Error(`The render process ${entry} is missing: build the project first`);
  }

  async render(order: RenderOrder, { signal, onProgress }: RenderWatch): Promise<RenderFacts> {
    signal.throwIfAborted();
    const child = this.idle.pop() ?? this.spawn();
    this.busy.add(child);
    try {
      const facts = await converse(child, order, signal, onProgress);
      this.idle.push(child);
      return facts;
    } finally {
      this.busy.delete(child);
      if (!this.idle.includes(child)) child.kill('SIGKILL');
    }
  }

  onApplicationShutdown(): void {
    for (const child of [...this.idle, ...this.busy]) child.kill('SIGKILL');
    this.idle.length = 0;
  }

  private spawn(): ChildProcess {
    const env = Object.fromEntries(
      PASSED_ENVIRONMENT.flatMap((name) => (name in process.env ? [[name, process.env[name]]] : [])),
    );
    const child = fork(this.entry, [], {
      env,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.once('exit', () => {
      const at = this.idle.indexOf(child);
      if (at >= 0) this.idle.splice(at, 1);
    });
    return child;
  }
}

function converse(
  child: ChildProcess,
  order: RenderOrder,
  signal: AbortSignal,
  onProgress?: (fraction: number) => void,
): Promise<RenderFacts> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      child.off('message', onMessage).off('exit', onExit).off('error', onError);
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const onMessage = (report: RenderReport): void => {
      if (report.kind === 'progress') onProgress?.(report.fraction);
      else if (report.kind === 'done') settle(() => resolve(report.facts));
      else settle(() => reject(deserializeError(report.error)));
    };
    const onExit = (code: number | null, killer: string | null): void => {
      const cause = new Error(`Render process ended with ${killer ?? `code ${code}`}`);
      settle(() => reject(new RenderError('engine_crashed', 'The render process died', { cause })));
    };
    const onError = (cause: Error): void => {
      settle(() => reject(new RenderError('engine_crashed', 'The render process could not be used', { cause })));
    };
    const onAbort = (): void => settle(() => reject(signal.reason as Error));
    child.on('message', onMessage).once('exit', onExit).on('error', onError);
    signal.addEventListener('abort', onAbort, { once: true });
    child.send(order);
  });
}
