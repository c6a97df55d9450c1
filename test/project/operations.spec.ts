import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const page = read('docs/operations.md');

interface Row {
  readonly procedure: string;
  readonly command: string;
  readonly where: string;
  readonly test: string;
}

const rows: Row[] = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (---|Procedure|Risk)/.test(line))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')))
  .map(([procedure, command, where, test]) => ({ procedure, command, where, test }));

/** As GitHub makes anchors of headings. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replace(/ /g, '-'),
  );
}

describe('docs/operations.md', () => {
  it.each(rows.map((row) => [row.procedure, row]))('%s: page, section and test are there', (_, { where, test }) => {
    const [, target = `../${where.replaceAll('`', '')}`] = /\]\((.+)\)/.exec(where) ?? [];
    const [file, anchor] = target.split('#');
    expect(existsSync(path.join(root, 'docs', file))).toBe(true);
    if (anchor) expect(anchorsOf(read(path.join('docs', file)))).toContain(anchor);
    expect(existsSync(path.join(root, test.replaceAll('`', '')))).toBe(true);
  });

  it('names alerts that exist', () => {
    const folder = 'helm/monitoring/rules';
    const rules = readdirSync(path.join(root, folder))
      .map((name) => read(path.join(folder, name)))
      .join('\n');
    const risks = page.slice(page.indexOf('## Risks'));
    for (const [, alert] of risks.matchAll(/`([A-Z]\w+)`/g)) expect(rules).toContain(`alert: ${alert}\n`);
  });
});

describe('the pages on operations', () => {
  const pages = ['docs', 'docs/runbooks'].flatMap((folder) =>
    readdirSync(path.join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  );

  it.each(pages)('%s: every link leads somewhere', (file) => {
    for (const [, target] of read(file).matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [name, anchor] = target.split('#');
      const linked = name ? path.join(path.dirname(file), name) : file;
      expect([target, existsSync(path.join(root, linked))]).toEqual([target, true]);
      if (anchor) expect(anchorsOf(read(linked))).toContain(anchor);
    }
  });
});
