import type { AppConfig } from '#config';
import type { Logger } from '#observability';
import { requiredFiles, warnOfFewFiles } from './open-files.js';

const config = (backend: 's3' | 'filesystem') =>
  ({ api: { http: { maxConnections: 1000, maxConcurrentUploads: 32 } }, storage: { backend } }) as unknown as AppConfig;

it('an API process wants files for its connections, uploads and stored files on their way', () => {
  expect(requiredFiles(config('s3'))).toBeGreaterThan(1000 + 32);
  expect(requiredFiles(config('filesystem'))).toBe(requiredFiles(config('s3')) + 1000);
});

it.each([
  [1024, 1],
  [16_384, 0],
  [undefined, 0],
])('with a limit of %p files it logs %i warning(s)', (limit, warnings) => {
  const warn = jest.fn();
  warnOfFewFiles(config('s3'), { warn } as unknown as Logger, limit);
  expect(warn).toHaveBeenCalledTimes(warnings);
});
