import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');

/** Lint of one file with this text. */
function check(command: 'cspell' | 'phrases', text: string): { status: number | null; output: string } {
  const folder = mkdtempSync(path.join(root, 'test/project/words-'));
  try {
    const file = path.join(folder, 'sample.ts');
    writeFileSync(file, text);
    const relative = path.relative(root, file);
    const args =
      command === 'cspell'
        ? ['node_modules/cspell/bin.mjs', '--no-progress', '--no-summary', relative]
        : ['tools/phrases.mjs', relative];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
    return { status, output: `${stdout}${stderr}` };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the check of words', () => {
  it.each([
    ['// a render under way', '"under way": write in progress, running'],
    ['/*\n * what a worker gives\n * back\n */', '"gives * back": write release, return'],
    ['const patientPool = 1;', '"patientPool"'],
  ])('reports the phrase in %j with what to write instead', (text, message) => {
    const { status, output } = check('phrases', text);
    expect(output).toContain(message);
    expect(status).toBe(1);
  });

  it('accepts a text without these phrases', () => {
    expect(check('phrases', '// a render in progress; so that a worker releases it')).toEqual({
      status: 0,
      output: '',
    });
  });

  it('reports British spelling and former names, within identifiers too, and accepts terms that contain them', () => {
    const { status, output } = check(
      'cspell',
      '// the colour of the jobGiver, away; page fault, fault injection\nexport const greyDesk = 1;\n',
    );
    for (const word of ['colour', 'Giver', 'away', 'grey', 'Desk']) expect(output).toContain(`(${word})`);
    expect(output.match(/fault/gi)?.length ?? 0).toBe(0);
    expect(status).toBe(1);
  });

  it('knows no former name in a path', () => {
    const paths = execFileSync('git', ['ls-files'], { cwd: root }).toString();
    expect(paths).not.toMatch(/\b(giver|desk|studio|wary|patient-?pool|whereabouts)\b/i);
  });
});
