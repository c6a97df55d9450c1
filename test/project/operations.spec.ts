import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import type { Command } from '../../apps/cli/command.js';

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

const pages = ['docs', 'docs/runbooks'].flatMap((folder) =>
  readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${folder}/${name}`),
);

describe('the pages on operations', () => {
  it.each(pages)('%s: every link leads somewhere', (file) => {
    for (const [, target] of read(file).matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
      const [name, anchor] = target.split('#');
      const linked = name ? path.join(path.dirname(file), name) : file;
      expect([target, existsSync(path.join(root, linked))]).toEqual([target, true]);
      if (anchor) expect(anchorsOf(read(linked))).toContain(anchor);
    }
  });
});

describe('commands that the pages name', () => {
  const texts = ['README.md', 'helm/README.md', ...pages].map(read);
  const named = (pattern: RegExp): string[] => [
    ...new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, command]) => command.trim()))),
  ];

  /** Without its arguments' values: the words up to the first option, and the options. */
  function partsOf(command: string): { name: string; words: string[]; options: string[] } {
    const [name, ...rest] = command.split(' ');
    const options = rest.filter((word) => word.startsWith('-')).map((word) => word.replace(/=.*/, ''));
    const end = rest.findIndex((word) => word.startsWith('-'));
    const words = rest.slice(0, end < 0 ? undefined : end).filter((word) => /^[a-z-]+$/.test(word));
    return { name, words, options };
  }

  const commands = named(/(?:^|[`$] ?|-- )pop-render ([a-z][^`#\n]*)/gm);

  it('of pop-render are told by its help, with their actions and options', async () => {
    expect(commands.length).toBeGreaterThan(30);
    for (const command of commands) {
      const { name, words, options } = partsOf(command);
      const folder = existsSync(path.join(root, `apps/cli/commands/${name}.ts`)) ? 'commands' : 'operator/commands';
      const { help } = (await import(`../../apps/cli/${folder}/${name}.ts`)) as Command;
      const text = await help();
      for (const part of [...words, ...options]) expect([command, text.includes(part)]).toEqual([command, true]);
    }
  });

  it('of systemd name units that are there', () => {
    const units = readdirSync(path.join(root, 'systemd')).map((file) => file.replace(/\.(service|timer)$/, ''));
    const told = named(/(?:systemctl|journalctl) ([^`#\n|;]+)/g).flatMap((command) =>
      [...command.matchAll(/pop-render-[a-z]+@?/g)].map(([unit]) => unit),
    );
    expect(told.length).toBeGreaterThan(5);
    for (const unit of told) expect(units).toContain(unit);
  });

  it('of Docker name services and targets that are there', () => {
    const { services } = parse(read('docker/compose.yaml')) as { services: Record<string, unknown> };
    for (const command of named(/docker compose ([^`#\n]+)/g)) {
      const [, service] = /(?:restart|logs|stop|run --rm) ([a-z]+)|--scale ([a-z]+)=/.exec(command)?.slice(1) ?? [];
      if (service) expect(Object.keys(services)).toContain(service);
    }
    const targets = [...read('docker/Dockerfile').matchAll(/ AS (\S+)/g)].map(([, target]) => target);
    const built = named(/--target ([a-z-]+)/g);
    expect(built.length).toBeGreaterThan(0);
    for (const target of built) expect(targets).toContain(target);
  });

  it('of Kubernetes name what the chart makes', () => {
    const told = named(/(?:deployment|deploy)\/([a-z-]+)/g);
    expect(told.length).toBeGreaterThan(0);
    for (const name of told) expect(['pop-render-api', 'pop-render-worker']).toContain(name);
  });
});
