// `npm run test:node -- LINE [path pattern ...]`: the tests on another line of Node.js, such as 22 or 24, whose newest release
// npm fetches into its cache. Everything that the tests start runs on it too. Without a pattern all of them are run.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [line, ...patterns] = process.argv.slice(2);
if (!/^\d+(\.\d+){0,2}$/.test(line ?? '')) {
  console.error('Usage: npm run test:node -- LINE [path pattern ...], such as npm run test:node -- 24 libs e2e/api');
  process.exit(2);
}

// The package of a platform holds its program, and needs no script to unpack it as the package `node` does.
const platform = process.platform === 'win32' ? 'win' : process.platform;
const found = ['exec', '--yes', `--package=node-${platform}-${process.arch}@${line}`, '--'];

/** On the path too, for programs that begin with `#!/usr/bin/env node`. */
function onThatLine(args, stdio) {
  const { status, error, stdout } = spawnSync('npm', [...found, 'node', ...args], { cwd: root, stdio });
  if (!error && status !== null) return { status, stdout };
  console.error(`npm cannot run Node.js ${line}: ${error?.message ?? 'it was stopped'}`);
  process.exit(1);
}

const { status, stdout } = onThatLine(['-p', 'process.version'], ['ignore', 'pipe', 'inherit']);
if (status !== 0) process.exit(status);
console.log(`== Node.js ${stdout.toString().trim()}`);
process.exit(onThatLine(['test/run.mjs', ...patterns], 'inherit').status);
