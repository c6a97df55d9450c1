import { PopRenderError } from '#core';

/** Something running that can be ended in an orderly way. */
export interface Service {
  close(): Promise<void>;
  /** An end that takes longer is cut short, so that a server that is away cannot hold it up. */
  readonly closeWithinMs?: number;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** One Ctrl-C may arrive twice, from the terminal and from npm; only a later signal means impatience. */
const SAME_SIGNAL_MS = 1_000;

/**
 * Starts a service and ends it on SIGINT or SIGTERM, exiting 0. A second signal exits at once. A start that fails is
 * reported in plain words on stderr and exits 1.
 */
export async function runService(start: () => Promise<Service>): Promise<void> {
  let endingSince: number | undefined;
  let service: Service | undefined;
  const end = async (): Promise<void> => {
    if (endingSince !== undefined) {
      if (Date.now() - endingSince > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    endingSince = Date.now();
    try {
      await withinLimit(service);
      process.exit(0);
    } catch (error) {
      console.error(`Could not stop cleanly: ${describe(error)}`);
      process.exit(1);
    }
  };
  for (const signal of SIGNALS) process.on(signal, () => void end());
  try {
    service = await start();
  } catch (error) {
    console.error(describe(error));
    process.exit(1);
  }
}

async function withinLimit(service?: Service): Promise<void> {
  const limitMs = service?.closeWithinMs;
  if (limitMs !== undefined) {
    setTimeout(() => {
      console.error(`Could not stop cleanly within ${limitMs / 1000} s`);
      process.exit(1);
    }, limitMs);
  }
  await service?.close();
}

/** What went wrong at the start, and what to do about it. */
export function describe(thrown: unknown): string {
  const error = firstOf(thrown);
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') {
    return `Port ${port} is already in use. Stop what listens there, or choose another port in the configuration.`;
  }
  if (code === 'EACCES' && port !== undefined) return `Port ${port} may not be used by this user: choose another.`;
  if (!(error instanceof Error)) return String(error);
  const cause = error instanceof PopRenderError && error.cause !== undefined ? firstOf(error.cause) : undefined;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}

/** A host of several addresses fails once for each; the first tells enough. */
function firstOf(error: unknown): unknown {
  return error instanceof AggregateError ? error.errors[0] : error;
}
