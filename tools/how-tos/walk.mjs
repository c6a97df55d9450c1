// `npm run how-tos`: walks the how-tos of CONTRIBUTING.md in a copy of the project, so that they stay true. Each adds an
// example, whose product files are counted against the limit that the how-to names; then everything is generated,
// compiled and tested once. Prints one line a how-to; exits 1 when a step fails or a limit is exceeded.
//
//   npm run how-tos [-- --keep]   --keep leaves the copy for a look
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureInstalled, root } from '../../apps/embedded/prepare.mjs';
import { column } from './column.mjs';
import { endpoint } from './endpoint.mjs';
import { metric } from './metric.mjs';
import { setting } from './setting.mjs';
import { storageBackend } from './storage-backend.mjs';
import { style } from './style.mjs';

const HOW_TOS = [setting, metric, column, endpoint, storageBackend, style];
/** Written by the build or by `npm run settings`. */
const GENERATED = /\.generated\.ts$|^docs\/|^helm\/values\.schema\.json$|\.env\.example$/;

/** The copy that an example is added to. */
class Project {
  /** Files changed by the how-to at hand. */
  changed = new Set();

  constructor(folder) {
    this.folder = folder;
  }

  write(file, text) {
    const target = path.join(this.folder, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, text);
    this.changed.add(file);
  }

  /** Replaces the first occurrence. @throws Error when there is none: the how-to is out of date */
  edit(file, text, replacement) {
    const current = readFileSync(path.join(this.folder, file), 'utf8');
    if (!current.includes(text)) throw new Error(`${file} has no longer: ${text}`);
    this.write(
      file,
      current.replace(text, () => replacement),
    );
  }

  /** @param changes pairs of a pattern and its replacement, for names and contents */
  copy(from, to, changes) {
    const apply = (text) => changes.reduce((result, [pattern, by]) => result.replaceAll(pattern, by), text);
    for (const file of tracked(from)) {
      if (/\.spec\.ts$/.test(file)) continue;
      this.write(apply(file.replace(from, to)), apply(readFileSync(path.join(root, file), 'utf8')));
    }
  }

  run(...command) {
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: this.folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`node ${command.join(' ')} failed:\n${stdout}${stderr}`.slice(-4000));
  }
}

function tracked(folder = '.') {
  const list = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard', '--deduplicate', '--', folder], {
    cwd: root,
    encoding: 'utf8',
  });
  return list.split('\0').filter((file) => file && existsSync(path.join(root, file)));
}

function walk(project) {
  let isWithinLimits = true;
  const tests = [];
  for (const { name, limit, steps, test } of HOW_TOS) {
    project.changed.clear();
    steps(project);
    const files = [...project.changed].filter((file) => !GENERATED.test(file) && !file.startsWith('test/'));
    const counted = name === 'a style' ? files.filter((file) => !file.includes('/duotone/')) : files;
    if (counted.length > limit) isWithinLimits = false;
    console.log(`${name}: ${counted.length} of at most ${limit} files${counted.map((file) => `\n  ${file}`).join('')}`);
    if (test) tests.push(test);
  }
  project.run('libs/pipelines/build-engine.mjs');
  project.run('migrations/build-index.mjs');
  project.run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json');
  project.run('tools/settings/main.mjs');
  project.run('tools/settings/main.mjs', '--check');
  project.run('test/run.mjs', ...tests);
  return isWithinLimits;
}

ensureInstalled();
const folder = mkdtempSync(path.join(tmpdir(), 'how-tos-'));
try {
  // With its time, the lock file is no newer than the packages, which the copy would install anew otherwise.
  for (const file of tracked()) cpSync(path.join(root, file), path.join(folder, file), { preserveTimestamps: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  execFileSync('git', ['init', '-q', folder]);
  if (!walk(new Project(folder))) process.exitCode = 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  if (process.argv.includes('--keep')) console.log(`The copy is ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
