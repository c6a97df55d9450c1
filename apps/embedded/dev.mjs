// `npm run dev`: the embedded profile, compiled again and restarted whenever a source changes.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { ensureBuilt, ensureInstalled, root } from './prepare.mjs';

ensureInstalled();
ensureBuilt();
const nest = spawn(process.execPath, [path.join(root, 'node_modules/.bin/nest'), 'start', 'embedded', '--watch'], {
  cwd: root,
  stdio: 'inherit',
});
// The terminal signals the whole process group; only a signal sent to this process alone is passed on.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => nest.kill(signal));
nest.once('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
