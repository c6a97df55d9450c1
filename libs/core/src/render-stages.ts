/** The parts of one attempt at a render, in the order in which they follow one another. */
export const RENDER_STAGES = ['download', 'decode', 'analyse', 'paint', 'upload', 'publish'] as const;
export type RenderStage = (typeof RENDER_STAGES)[number];

/** One part of one attempt, once it has ended. Plain data: the engine's own cross from its process. */
export interface StageTiming {
  readonly stage: RenderStage;
  /** Milliseconds since the epoch, by the clock of this machine. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** Whether it failed. The engine reports its stages only when all of them succeeded. */
  readonly failed: boolean;
}

/** Called with each stage when it has ended. */
export type StageListener = (timing: StageTiming) => void;

/** Times the work of one stage and calls the listener, however the work ends. */
export async function timeStage<T>(
  stage: RenderStage,
  work: () => Promise<T>,
  onStage: StageListener = () => undefined,
): Promise<T> {
  const startedAt = Date.now();
  const start = performance.now();
  const tell = (failed: boolean): void => onStage({ stage, startedAt, durationMs: performance.now() - start, failed });
  try {
    const result = await work();
    tell(false);
    return result;
  } catch (error) {
    tell(true);
    throw error;
  }
}
