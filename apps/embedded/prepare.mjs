// Makes a fresh clone runnable: installs what is missing, builds what has changed. Plain JavaScript without
// dependencies, because it runs before there are any.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, readdirSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const BUILD_STAMP = path.join(root, 'dist/build.tsbuildinfo');

/** Seconds since the epoch of the last change, or 0 when there is no such file. */
function changedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function newestUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .reduce((newest, entry) => Math.max(newest, changedAt(path.join(entry.parentPath, entry.name))), 0);
}

function run(what, command, args) {
  console.error(what);
  // npm is a script on Windows and needs a shell there; elsewhere there is none.
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status === 0) return;
  console.error(
    `${what} failed${error ? `: ${error.message}` : ''}. Run it by hand to see why: ${command} ${args.join(' ')}`,
  );
  process.exit(1);
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Pop-Render needs Node.js 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

/** Installs the locked packages unless they are there and no older than the lock file. */
export function ensureInstalled() {
  requireNode();
  if (
    changedAt(path.join(root, 'node_modules/.package-lock.json')) >= changedAt(path.join(root, 'package-lock.json'))
  ) {
    return;
  }
  run('Installing packages (once)…', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** Compiles the applications unless the last build is newer than every source. */
export function ensureBuilt() {
  const sources = ['apps', 'libs', 'migrations'].map((folder) => newestUnder(path.join(root, folder)));
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'asconfig.json'].map((file) =>
    changedAt(path.join(root, file)),
  );
  if (changedAt(BUILD_STAMP) >= Math.max(...sources, ...settings)) return;
  const script = (file) => path.join(root, 'node_modules', file);
  run('Building…', process.execPath, [path.join(root, 'libs/pipelines/build-engine.mjs')]);
  run('Building…', process.execPath, [path.join(root, 'migrations/build-index.mjs')]);
  // Lint checks the types; here they would take half of the time.
  run('Building…', process.execPath, [script('typescript/bin/tsc'), '-p', 'tsconfig.build.json', '--noCheck']);
  // npx marks a command as executable only the first time that it sees it.
  for (const file of ['main.js', 'src/main.js']) chmodSync(path.join(root, 'dist/apps/cli', file), 0o755);
  const photo = 'libs/pipelines/src/golden/portrait.jpg';
  cpSync(path.join(root, photo), path.join(root, 'dist', photo));
  const now = new Date();
  utimesSync(BUILD_STAMP, now, now);
}
