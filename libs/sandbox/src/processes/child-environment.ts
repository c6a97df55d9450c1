import { OUTPUT_FOLDER } from './task-files.js';
import { TOOL_PATH } from '../confinement/limits.js';

/** Decoding and rendering need no settings, and get no secrets. */
const PASSED_ENVIRONMENT = ['TZ', 'LD_LIBRARY_PATH', 'LD_PRELOAD', 'MALLOC_ARENA_MAX'];

/** All that a child process learns of the environment. It may write temporary files where it may write at all. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { PATH: TOOL_PATH, TMPDIR: `./${OUTPUT_FOLDER}` };
  for (const name of PASSED_ENVIRONMENT) if (name in process.env) env[name] = process.env[name];
  return env;
}
