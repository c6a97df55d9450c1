// `npm run test:chaos`: a deployment under load while its parts are killed, frozen, restarted and cut off at random.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';

const help = `Usage: npm run test:chaos -- [options]

Submits renders to two APIs and two workers on servers of their own while all of these are killed, frozen, restarted and
cut off, and checks that every accepted render ends with exactly one result and that nothing else is left.

  --uploads N   renders to submit (200)
  --minutes N   bound of the whole run (9)
  --seed N      which troubles come when (by the clock); printed, so that a run can be repeated
  --help        this text`;

const { values } = parseArgs({
  options: {
    uploads: { type: 'string', default: '200' },
    minutes: { type: 'string', default: '9' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  console.log(help);
  process.exit(0);
}
for (const name of ['uploads', 'minutes', 'seed']) {
  if (/^\d{1,9}$/.test(values[name])) continue;
  console.error(`--${name} must be a whole number, not "${values[name]}"`);
  process.exit(2);
}
console.log(`Seed ${values.seed}: npm run test:chaos -- --seed ${values.seed} --uploads ${values.uploads}`);
const { status } = spawnSync(
  process.execPath,
  [path.join(import.meta.dirname, '../run.mjs'), 'test/chaos/chaos.spec.ts'],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      CHAOS_SEED: values.seed,
      CHAOS_UPLOADS: values.uploads,
      CHAOS_MINUTES: values.minutes,
      CHAOS_VERBOSE: '1',
    },
  },
);
process.exit(status ?? 1);
