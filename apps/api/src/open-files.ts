import type { AppConfig } from '#config';
import { RESERVED_CONNECTIONS } from '#lifecycle';
import type { Logger } from '#observability';
import { openFilesLimit } from '#sandbox';

/** Connections to servers, pipes of child processes and modules that are being loaded, with a margin. */
const OTHER_FILES = 256;

/** Files and connections that one API process has open when it is as busy as its settings allow. */
export function requiredFiles({ api, storage }: Pick<AppConfig, 'api' | 'storage'>): number {
  const { maxConnections, maxConcurrentUploads } = api.http;
  // A stored file that is being sent takes one beside its connection.
  const answers = storage.backend === 'filesystem' ? maxConnections : 0;
  return maxConnections + RESERVED_CONNECTIONS + maxConcurrentUploads + answers + OTHER_FILES;
}

/** Logs when the limits of this process are too low for its settings: connections would fail before others are closed. */
export function warnOfFewFiles(config: AppConfig, logger: Logger, limit = openFilesLimit()): void {
  const required = requiredFiles(config);
  if (limit === undefined || limit >= required) return;
  logger.warn(
    { limit, required },
    'Too few open files are allowed for MAX_CONNECTIONS: raise the limit (ulimit -n, LimitNOFILE) or lower the setting',
  );
}
