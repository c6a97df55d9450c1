import { RenderError } from '#core';

const ABORTED = 'Render was aborted';

/** What a caller of an aborted render is given. */
export function abortedError(signal: AbortSignal): RenderError {
  return new RenderError('render_aborted', ABORTED, { cause: signal.reason });
}

/** The render was aborted while native code was at work, which goes on; a process that exits would wait for it. */
export class WorkContinuesError extends RenderError {
  readonly workContinues = true;

  constructor(signal: AbortSignal) {
    super('render_aborted', ABORTED, { cause: signal.reason });
  }
}

/**
 * The result of work that has no way to be stopped, such as decoding in native code; when the signal fires, the caller
 * is not kept waiting: the work runs on to its end and its result is dropped.
 * @throws WorkContinuesError `render_aborted`; what the work throws
 */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = (): void => reject(new WorkContinuesError(signal));
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
