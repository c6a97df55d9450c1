import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import type { Command } from '../../apps/cli/src/command.js';

const root = path.resolve(__dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const page = read('docs/operations.md');

interface Row {
  readonly procedure: string;
  readonly command: string;
  readonly where: string;
  readonly tests: string[];
}

const rows: Row[] = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (---|Procedure|Risk)/.test(line))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')))
  .map(([procedure, command, where, tests]) => ({ procedure, command, where, tests: quoted(tests) }));

function quoted(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text);
}

/** The page or file that a row leads to, or only the section of it that the row names. */
function targetOf({ where }: Row): string {
  const [, target = `../${where.replaceAll('`', '')}`] = /\]\((.+)\)/.exec(where) ?? [];
  const [file, anchor] = target.split('#');
  const text = read(path.join('docs', file));
  if (!anchor) return text;
  const sections = text.split(/^(?=## )/m);
  return sections.find((section) => anchorsOf(section).includes(anchor)) ?? '';
}

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
  it.each(rows.map((row) => [row.procedure, row]))('%s: page, section and tests are there', (_, row) => {
    expect(targetOf(row)).not.toBe('');
    expect(row.tests).not.toEqual([]);
    for (const test of row.tests) expect([test, existsSync(path.join(root, test))]).toEqual([test, true]);
  });

  const procedures = rows.filter(({ command }) => !/^`[A-Z]\w+`/.test(command)); // Risks name alerts there.
  const commands = procedures.flatMap((row) =>
    quoted(row.command).map((command) => [row.procedure, command, row] as const),
  );

  it.each(commands)('%s: %s is described where the row points', (_, command, row) => {
    if (!row.where.startsWith('[')) return; // A file that the command is given.
    expect(targetOf(row)).toContain(command);
  });

  it.each(commands.filter(([, , { tests }]) => tests.some((test) => test.startsWith('test/operations/'))))(
    '%s: %s is in a block that is run, or in the test itself',
    (_, command, row) => {
      const blocks = [...targetOf(row).matchAll(/^```(?:bash|sql) run\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
      // `psql` runs blocks of SQL.
      const sql = /^```sql run$/m.test(targetOf(row)) ? ['psql'] : [];
      expect([...blocks, ...sql, ...row.tests.map(read)].join('\n')).toContain(command);
    },
  );

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

/** Every text with commands for an operator: pages, decisions, comments of the units and what Helm prints. */
function everyText(): [file: string, text: string][] {
  const listing = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root }).toString().split('\n');
  return listing
    .filter((file) => /\.(md|txt|ya?ml|tpl|service|sh|example)$/.test(file) && existsSync(path.join(root, file)))
    .map((file) => [file, read(file)]);
}

/** Commands that go back to an earlier revision and name a release or a deployment, as written. */
function rollbacksIn(text: string): string[] {
  const found = text.matchAll(
    /\b(helm (?:-\S+ (?:\S+ )?)*rollback|kubectl (?:-\S+ (?:\S+ )?)*rollout undo)( [^`#\n]+)/g,
  );
  return [...found].map(([, verb, rest]) => (verb + rest.replace(/\\$/, '')).trim());
}

/** Options of Helm and kubectl that are followed by a value. */
const WITH_VALUE = ['-n', '--namespace', '--timeout', '--history-max', '--kube-context', '--kubeconfig', '--context'];

/** The revision that a command goes back to; undefined when it leaves the choice to the program, as 0 does. */
function revisionOf(command: string): string | undefined {
  const words = command.replace(/\{\{.*?\}\}/g, 'RELEASE').split(/\s+/);
  if (words[0] === 'kubectl') return /--to-revision[= ](\S+)/.exec(command)?.[1];
  const plain = words.filter((word, i) => !word.startsWith('-') && !WITH_VALUE.includes(words[i - 1]));
  const [, revision] = plain.slice(plain.indexOf('rollback') + 1);
  return revision === '0' ? undefined : revision;
}

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

  it('of pop-render are in its help, with their actions and options', async () => {
    expect(commands.length).toBeGreaterThan(30);
    for (const command of commands) {
      const { name, words, options } = partsOf(command);
      const folder = existsSync(path.join(root, `apps/cli/src/commands/${name}.ts`)) ? 'commands' : 'operator/commands';
      const { help } = (await import(`../../apps/cli/src/${folder}/${name}.ts`)) as Command;
      const text = await help();
      for (const part of [...words, ...options]) expect([command, text.includes(part)]).toEqual([command, true]);
    }
  });

  it('of systemd name units that are there', () => {
    const units = readdirSync(path.join(root, 'deploy/systemd')).map((file) => file.replace(/\.(service|timer)$/, ''));
    const mentioned = named(/(?:systemctl|journalctl) ([^`#\n|;]+)/g).flatMap((command) =>
      [...command.matchAll(/pop-render-[a-z]+@?/g)].map(([unit]) => unit),
    );
    expect(mentioned.length).toBeGreaterThan(5);
    for (const unit of mentioned) expect(units).toContain(unit);
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

  it('of Helm and kubectl go back to a revision that they name, as its history shows it', () => {
    const mentioned = everyText().flatMap(([file, text]) => rollbacksIn(text).map((command) => [file, command]));
    expect(mentioned.map(([file]) => file)).toContain('docs/kubernetes.md');
    for (const [file, command] of mentioned) {
      expect([file, command, revisionOf(command)]).toEqual([file, command, 'REVISION']);
    }
    for (const [file, text] of everyText()) {
      const [helm, kubectl] = ['helm rollback', 'kubectl rollout undo'].map((verb) =>
        rollbacksIn(text).some((command) => command.startsWith(verb)),
      );
      if (helm) {
        expect([file, text]).toEqual([file, expect.stringMatching(/helm history \S+/)]);
        for (const status of ['superseded', 'deployed', 'failed']) {
          expect([file, text]).toEqual([file, expect.stringContaining(`\`${status}\``)]);
        }
      }
      if (kubectl) expect([file, text]).toEqual([file, expect.stringContaining('kubectl rollout history ')]);
    }
  });

  it.each([
    ['helm rollback pop-render -n pop-render --wait', undefined],
    ['helm rollback pop-render', undefined],
    ['helm -n pop-render rollback --wait pop-render', undefined],
    ['helm rollback --namespace pop-render --timeout 10m pop-render', undefined],
    ['helm rollback pop-render 0 -n pop-render', undefined],
    ['helm rollback pop-render REVISION -n pop-render --wait', 'REVISION'],
    ['helm rollback -n pop-render --wait pop-render REVISION', 'REVISION'],
    ['helm rollback {{ .Release.Name }} -n x', undefined],
    ['kubectl rollout undo deployment/pop-render-api -n pop-render', undefined],
    ['kubectl rollout undo deployment/pop-render-api --to-revision=REVISION', 'REVISION'],
    ['kubectl rollout undo deployment/pop-render-api --to-revision REVISION', 'REVISION'],
  ])('%s goes back to %s', (command, revision) => {
    expect(rollbacksIn(`First \`${command}\`, then`)).toEqual([command]);
    expect(rollbacksIn(`\`\`\`bash\n${command}   # back\n\`\`\`\n`)).toEqual([command]);
    expect(revisionOf(command)).toBe(revision);
  });

  it('of Kubernetes name what the chart makes', () => {
    const mentioned = named(/\b(?:deployment|deploy)\/(pop-[a-z-]+)/g);
    expect(mentioned.length).toBeGreaterThan(0);
    for (const name of mentioned) expect(['pop-render-api', 'pop-render-worker']).toContain(name);
  });
});
