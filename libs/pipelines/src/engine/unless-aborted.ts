import { RenderError } from '#core';

const ABORTED = 'Render was aborted';

/** The error of an aborted render. */
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
 * does not wait: the work runs to its end and its result is dropped.
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
