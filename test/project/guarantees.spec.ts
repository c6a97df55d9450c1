import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');

/** "name in file" of every test that proves a guarantee. */
function proven(): string[] {
  const listing = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--', '*.spec.ts'], { cwd: root });
  return listing
    .toString()
    .split('\n')
    .filter((file) => file !== '' && path.resolve(root, file) !== __filename)
    .flatMap((file) => {
      // A bracket or "%s" at the end distinguishes the cases of one guarantee.
      const titles = [...read(file).matchAll(/(['"`])guarantee: (.+?)\1/g)].map(([, , name]) =>
        name.replace(/ \([^)]*\)$|: %s$/, ''),
      );
      return [...new Set(titles)].map((name) => `${name} in ${file}`);
    })
    .sort();
}

/** "name in file" of every row of the table. */
function documented(): string[] {
  const rows = [...read('docs/guarantees.md').matchAll(/^\| (?!Guarantee|---)(.+?) \| .+? \| `(.+?)` \|$/gm)];
  return rows.map(([, name, file]) => `${name} in ${file}`).sort();
}

describe('docs/guarantees.md', () => {
  it('lists every test that proves a guarantee, and no other', () => {
    expect(documented()).toEqual(proven());
    expect(documented().length).toBeGreaterThan(0);
  });
});
