import { usageError } from '../failures.js';

/** Options of every command that works with a deployment, in the form of parseArgs. */
export const operatorOptions = {
  json: { type: 'boolean', default: false },
  'env-file': { type: 'string' },
} as const;

/** Options of a command that changes something. */
export const changeOptions = { ...operatorOptions, yes: { type: 'boolean', default: false } } as const;

/** For the help of a command. */
export const OPERATOR_HELP = `  --env-file FILE      settings from a file of NAME=value lines; they go before those of the environment
  --json               print one JSON document`;
export const CHANGE_HELP = `  --yes                do it; without it the command only shows what it would do
${OPERATOR_HELP}`;

/**
 * The variables that describe the deployment, with those of the file that POP_RENDER_ENV_FILE names or that was given; for
 * an embedded profile, such as that of the all-in-one image, those that lead to its servers.
 * @throws ConfigurationError when a file cannot be read; DependencyError when the embedded profile does not run
 */
export async function readVariables(envFile: string | undefined): Promise<NodeJS.ProcessEnv> {
  const { withEmbeddedProfile } = await import('#config');
  return withEmbeddedProfile(await readFileVariables(envFile));
}

/** Takes the secrets out of the environment of this process, which must be the tool's own. */
export async function hideSecrets(): Promise<void> {
  (await import('#config')).takeEnvironment();
}

/** The variables as {@link readVariables} reads them, of a command that works with no server. */
export async function readFileVariables(envFile: string | undefined): Promise<NodeJS.ProcessEnv> {
  const { knownEnvironment, withEnvironmentFile } = await import('#config');
  const environment = knownEnvironment();
  return withEnvironmentFile(envFile === undefined ? environment : { ...environment, POP_RENDER_ENV_FILE: envFile });
}

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

/** A century: longer ago than anything, and a moment that the database knows. */
const LONGEST = '36500d';

/**
 * A span of time such as `90s`, `30m`, `24h`, `7d` or `2w`.
 * @param least shortest span that makes sense, in the same form
 * @returns seconds
 * @throws CliError naming the option
 */
export function durationOption(name: string, text: string, least = '0s'): number {
  const seconds = secondsOf(text);
  if (seconds === undefined) throw usageError(`--${name} ${text}: must be a span such as 90s, 30m, 24h or 7d`);
  if (seconds < secondsOf(least)!) throw usageError(`--${name} ${text}: must be at least ${least}`);
  if (seconds > secondsOf(LONGEST)!) throw usageError(`--${name} ${text}: must be at most ${LONGEST}`);
  return seconds;
}

function secondsOf(span: string): number | undefined {
  const [, count, unit] = /^(\d{1,6})([smhdw])$/.exec(span) ?? [];
  return unit === undefined ? undefined : Number(count) * UNITS[unit as keyof typeof UNITS];
}

/**
 * The action of a command that has several, such as `migrate up`.
 * @throws CliError unless it is one of those allowed
 */
export function readAction<T extends string>(given: string | undefined, allowed: readonly T[]): T {
  const found = allowed.find((action) => action === given);
  if (found !== undefined) return found;
  throw usageError(
    `${given === undefined ? 'The action is missing' : `Unknown action ${given}`}: ${allowed.join(', ')}`,
  );
}
