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

const COMMANDS = ['apps/cli/commands', 'apps/cli/operator/commands'].flatMap((folder) =>
  readdirSync(path.join(root, folder)).map((name) => path.join(folder, name)),
);

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

  it.each(pages)('%s: every command, action and option that it names is in the help of the tool', async (file) => {
    const code = [...read(file).matchAll(/^```(?:bash|sh)?[^\n]*\n([^]*?)^```$|`([^`\n]+)`/gm)]
      .map(([, block, inline]) => (block ?? inline).replaceAll('\\\n', ' '))
      .join('\n')
      // To these it is the name of a release; what a pod is to run comes after " -- ".
      .replaceAll(/^(helm|kubectl) ((?! -- ).)*/gm, '');
    for (const [call, name, rest] of code.matchAll(/(?<=^|[\s(])pop-render ([a-z][\w-]*)(?![\w./-])([^\n|;&)#]*)/g)) {
      const command = COMMANDS.find((source) => path.basename(source, '.ts') === name);
      expect([call, command]).toEqual([call, expect.anything()]);
      const { help } = (await import(path.join(root, command!))) as { help: () => string | Promise<string> };
      const known = await help();
      const [action] = /(?<=^ )[a-z-]+(?= |$)/.exec(rest.trimEnd()) ?? [];
      for (const word of [...(action ? [action] : []), ...(rest.match(/--[a-z-]+/g) ?? [])]) {
        expect([call, known.includes(word)]).toEqual([call, true]);
      }
    }
  });

  it.each(pages)('%s: every link leads somewhere', (file) => {
    for (const [, target] of read(file).matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [name, anchor] = target.split('#');
      const linked = name ? path.join(path.dirname(file), name) : file;
      expect([target, existsSync(path.join(root, linked))]).toEqual([target, true]);
      if (anchor) expect(anchorsOf(read(linked))).toContain(anchor);
    }
  });
});
