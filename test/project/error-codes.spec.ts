import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { ERROR_GROUPS, errorPolicy } from '#core';

const root = path.resolve(__dirname, '../..');

it('docs/errors.md lists every error code with its status', async () => {
  await promisify(execFile)(process.execPath, ['tools/errors-page.mjs', '--check'], { cwd: root });
  const page = await readFile(path.join(root, 'docs/errors.md'), 'utf8');
  for (const code of [...ERROR_GROUPS.request, ...ERROR_GROUPS.photo, ...ERROR_GROUPS.service]) {
    expect(page).toContain(`| \`${code}\` | ${errorPolicy(code).status} |`);
  }
  for (const code of ERROR_GROUPS.render) expect(page).toContain(`| \`${code}\` |`);
});
