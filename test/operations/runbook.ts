import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { temporaryFolder } from '../support/processes.js';

const root = path.resolve(__dirname, '../..');

/** A block of a runbook that is to be run as it stands. */
export interface Procedure {
  readonly heading: string;
  readonly language: 'bash' | 'sql';
  readonly code: string;
}

/** The blocks of a page that are marked `run`, in their order. @param page path from the project's root */
export function proceduresOf(page: string): Procedure[] {
  const text = readFileSync(path.join(root, page), 'utf8');
  const found: Procedure[] = [];
  let heading = page;
  for (const [, title, language, code] of text.matchAll(/^#+ (.+)$|^```(bash|sql) run\n([\s\S]*?)^```$/gm)) {
    if (title) heading = title;
    else found.push({ heading, language: language as Procedure['language'], code });
  }
  return found;
}

export interface Outcome {
  readonly exitCode: number | null;
  readonly output: string;
}

/** A terminal of an operator: a folder of its own, `pop-render` on the PATH and the settings of a deployment. */
export class Terminal {
  private constructor(
    private readonly folder: string,
    readonly close: () => Promise<void>,
    private readonly env: Record<string, string>,
  ) {}

  static async open(env: Record<string, string>): Promise<Terminal> {
    const [folder, remove] = await temporaryFolder();
    await mkdir(path.join(folder, 'bin'));
    await mkdir(path.join(folder, 'work'));
    await symlink(path.join(root, 'dist/apps/cli/src/main.js'), path.join(folder, 'bin/pop-render'));
    return new Terminal(folder, remove, env);
  }

  get workFolder(): string {
    return path.join(this.folder, 'work');
  }

  /** Runs a script of bash, which ends at its first command that fails. */
  run(script: string): Promise<Outcome> {
    const { PATH = '', TMPDIR = '/tmp' } = process.env;
    const env = { TMPDIR, ...this.env, PATH: `${path.join(this.folder, 'bin')}:${PATH}` };
    const child = spawn('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: this.workFolder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    }
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (exitCode) => resolve({ exitCode, output }));
    });
  }
}
