// `npm run test:siege`: attacks on an API, and what an honest client beside them is answered.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';

const help = `Usage: npm run test:siege -- [options]

Attacks an API on this machine in every known way from addresses of loopback, each way for about half a minute, while an
honest client of another address uploads photos, reads and probes. Prints what that one saw; fails when of its uploads less
than 95 of 100 are accepted within 2 s, when less than 99 of 100 reads are answered within 0.5 s, or when a probe is not
answered.

  --attacks A,B     these attacks only (all)
  --processes N,N   numbers of API processes (1,2)
  --uploads N       uploads of the honest client during each attack (100)
  --report FILE     write every single observation to a file, as lines of JSON
  --help            this text`;

const { values } = parseArgs({
  options: {
    attacks: { type: 'string' },
    processes: { type: 'string', default: '1,2' },
    uploads: { type: 'string', default: '100' },
    report: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(help);
  process.exit(0);
}
for (const [name, form] of [
  ['processes', /^\d{1,2}(,\d{1,2})*$/],
  ['uploads', /^\d{1,5}$/],
]) {
  if (form.test(values[name])) continue;
  console.error(`--${name} must be ${name === 'uploads' ? 'a whole number' : 'whole numbers'}, not "${values[name]}"`);
  process.exit(2);
}
const { status } = spawnSync(
  process.execPath,
  [path.join(import.meta.dirname, '../run.mjs'), 'test/siege/siege.spec.ts'],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      SIEGE_UPLOADS: values.uploads,
      SIEGE_PROCESSES: values.processes,
      ...(values.attacks ? { SIEGE_ATTACKS: values.attacks } : {}),
      ...(values.report ? { SIEGE_REPORT: path.resolve(values.report) } : {}),
    },
  },
);
process.exit(status ?? 1);
