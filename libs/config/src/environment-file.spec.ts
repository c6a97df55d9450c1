import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConfigurationError } from '#core';
import { withEnvironmentFile } from './environment-file.js';

describe('the file of settings', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'environment-'));
  const file = path.join(folder, 'settings.env');
  afterAll(() => rmSync(folder, { recursive: true }));

  it('wins over the environment, and leaves the rest of it', () => {
    writeFileSync(file, '# a comment\nLOG_LEVEL=DEBUG\nDB_PASSWORD="with # and space"\n');
    const variables = withEnvironmentFile({ POP_RENDER_ENV_FILE: file, LOG_LEVEL: 'INFO', DB_HOST: 'a' });
    expect(variables).toEqual({
      POP_RENDER_ENV_FILE: file,
      LOG_LEVEL: 'DEBUG',
      DB_HOST: 'a',
      DB_PASSWORD: 'with # and space',
    });
  });

  it('is none when none is named', () => {
    expect(withEnvironmentFile({ LOG_LEVEL: 'INFO', POP_RENDER_ENV_FILE: ' ' })).toMatchObject({ LOG_LEVEL: 'INFO' });
  });

  it('is missed by its name, and by what is wrong with it', () => {
    const missing = () => withEnvironmentFile({ POP_RENDER_ENV_FILE: path.join(folder, 'none') });
    expect(missing).toThrow(ConfigurationError);
    expect(missing).toThrow(/POP_RENDER_ENV_FILE names .*none, which cannot be read: ENOENT/);
  });
});
