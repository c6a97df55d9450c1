import { rootCauseMessage, PopRenderError } from '#core';

/** What came of one check. */
export interface Finding {
  readonly check: string;
  /** `warn`: it works, but not for long or not well. */
  readonly status: 'ok' | 'warn' | 'fail';
  readonly message: string;
  /** What to do about it. */
  readonly advice?: string;
}

export const ok = (check: string, message: string): Finding => ({ check, status: 'ok', message });
export const warn = (check: string, message: string, advice: string): Finding => ({
  ...{ check, status: 'warn', message, advice },
});
export const fail = (check: string, message: string, advice: string): Finding => ({
  ...{ check, status: 'fail', message, advice },
});

/** Receives findings as checks complete. */
export type Report = (findings: readonly Finding[]) => void;

/** A check that takes longer has found that its server hangs. */
const CHECK_LIMIT_MS = 5_000;

/** Carries a check out; whatever it throws is its finding, and so is that it takes too long. @param advice what to do then */
export async function checking(
  check: string,
  advice: string,
  work: () => Promise<Finding | readonly Finding[]>,
): Promise<readonly Finding[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`No answer within ${CHECK_LIMIT_MS / 1000} s`)), CHECK_LIMIT_MS);
  });
  try {
    return [await Promise.race([work(), late])].flat();
  } catch (error) {
    const reason = rootCauseMessage(error);
    const message =
      error instanceof PopRenderError && reason !== error.message ? `${error.message}: ${reason}` : reason;
    return [fail(check, message, advice)];
  } finally {
    clearTimeout(timer);
  }
}
