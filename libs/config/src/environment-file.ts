import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigurationError } from '#core';

const NAME = 'POP_RENDER_ENV_FILE';

/**
 * The variables with those of the file at POP_RENDER_ENV_FILE. The file overrides the environment, as systemd's
 * EnvironmentFile does: a process cannot change what it inherited, and an edited file must take effect at a reload.
 *
 * @throws ConfigurationError when the file cannot be read
 */
export function withEnvironmentFile(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const file = variables[NAME]?.trim();
  if (!file) return { ...variables };
  try {
    return { ...variables, ...parseEnv(readFileSync(file, 'utf8')), [NAME]: file };
  } catch (error) {
    const message = `${NAME} names ${file}, which cannot be read: ${(error as Error).message}`;
    throw new ConfigurationError(message, [{ field: NAME, message }]);
  }
}
