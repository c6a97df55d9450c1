import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');
const FOLDERS = 'apps|bench|deploy|docker|docs|helm|libs|migrations|test|tools';
/** Patterns and examples rather than files. */
const PLACEHOLDER = /[*{}<>#…]|NAME/;

const documents = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', '*.md'], { cwd: root })
  .toString()
  .split('\n')
  .filter((file) => file !== '' && existsSync(path.join(root, file)));

/** Paths of this repository that a document quotes: "`libs/core`", "`test/run.mjs`". */
function quotedPaths(text: string): string[] {
  const quoted = text.matchAll(new RegExp(String.raw`\`((?:${FOLDERS})/[^\s\`]+)\``, 'g'));
  return [...quoted].map(([, name]) => name).filter((name) => !PLACEHOLDER.test(name));
}

describe('paths in documents', () => {
  it.each(documents)('%s: every quoted path exists', (file) => {
    const missing = quotedPaths(readFileSync(path.join(root, file), 'utf8')).filter(
      // A folder or a test may be named without its ending.
      (name) => !['', '.spec.ts', '.ts'].some((ending) => existsSync(path.join(root, name + ending))),
    );
    expect(missing).toEqual([]);
  });

  it('are found', () => {
    expect(quotedPaths('See `libs/core`, `test/cli/x.spec.ts` and `docs/NAME.md`; not `core`.')).toEqual([
      'libs/core',
      'test/cli/x.spec.ts',
    ]);
  });
});
