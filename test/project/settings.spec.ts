import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');

describe('the documents of the settings', () => {
  it('are those that the declarations of the settings generate', () => {
    const { stderr, status } = spawnSync(process.execPath, ['tools/settings/main.mjs', '--check'], {
      cwd: root,
      encoding: 'utf8',
    });
    expect([stderr, status]).toEqual(['', 0]);
  });
});
