// `npm run test:corpus`: puts thousands of hostile files through the photo reader, and some through a render, in processes
// watched from outside. Prints what came of each family; ends with 1 when any file was not treated as promised.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { ensureBuilt } from '../../apps/embedded/prepare.mjs';
import { corpus } from './corpus.mjs';
import { familyTable, Tally } from './report.mjs';
import { makeSamples } from './samples.mjs';
import { judge } from './assertions.mjs';
import { WatchedReader } from './watched-reader.mjs';

const HELP = `npm run test:corpus -- [options]

  --short            some hundreds of files instead of thousands
  --only TEXT        only files whose family or name holds this
  --seed N           another corpus (default 1)
  --keep DIR         keep the files that failed
  --json             results as JSON on standard output
  --hang SECONDS     more processor time than this is a hang (default 10)
  --memory MIB       more than this is a failure (default 1024)
  --help`;

const OPTIONS = {
  short: { type: 'boolean', default: false },
  only: { type: 'string', default: '' },
  seed: { type: 'string', default: '1' },
  keep: { type: 'string' },
  json: { type: 'boolean', default: false },
  hang: { type: 'string', default: '10' },
  memory: { type: 'string', default: '1024' },
  help: { type: 'boolean', default: false },
};

/** One file in this many is rendered. */
const RENDER_EVERY = 40;

function numberOf(values, name) {
  const value = Number(values[name]);
  if (!(value >= 0)) throw new Error(`--${name} must be a number`);
  return value;
}

function readOptions() {
  const { values } = parseArgs({ options: OPTIONS });
  const [seed, hang, memory] = ['seed', 'hang', 'memory'].map((name) => numberOf(values, name));
  return { ...values, seed, hang, memory };
}

class Run {
  tally = new Tally();
  count = 0;

  constructor(options, folder) {
    this.options = options;
    this.folder = folder;
  }

  async all() {
    const { seed, short, only } = this.options;
    const samples = await makeSamples();
    const readers = [new WatchedReader(this.options.hang), new WatchedReader(this.options.hang)];
    this.readers = readers;
    this.intact = await this.readIntact(samples, readers[0]);
    const files = corpus(samples, { seed, isShort: short });
    await Promise.all(
      readers.map(async (reader) => {
        // Both take from the one generator.
        for (let next = await files.next(); !next.done; next = await files.next()) {
          const file = next.value;
          if (`${file.family}/${file.name}`.includes(only)) await this.one(file, reader);
        }
        reader.stop();
      }),
    );
  }

  stop() {
    for (const reader of this.readers ?? []) reader.stop();
  }

  async readIntact(samples, reader) {
    const intact = {};
    for (const [name, bytes] of Object.entries(samples)) {
      intact[name] = await this.onDisk(bytes, (file) => reader.attempt('read', file));
      if (!intact[name].accepted) throw new Error(`The intact ${name} is refused: ${JSON.stringify(intact[name])}`);
    }
    return intact;
  }

  async one(file, reader) {
    const number = ++this.count;
    const outcomes = await this.onDisk(file.bytes, async (onDisk) => {
      const outcomes = { inspect: await reader.attempt('inspect', onDisk), read: await reader.attempt('read', onDisk) };
      if (file.reference !== undefined) {
        writeFileSync(`${onDisk}.reference`, file.reference);
        outcomes.match = await reader.attempt('match', onDisk);
      }
      if (file.colors) outcomes.colors = await reader.attempt('colors', onDisk);
      if (number % RENDER_EVERY === 0) outcomes.render = await reader.attempt('render', onDisk);
      return outcomes;
    });
    const intact = this.intact[file.whole ?? file.original];
    const verdict = judge(file, outcomes, { intact, mostMiB: this.options.memory });
    this.tally.add(file, outcomes, verdict);
    if (verdict.failures.length > 0) this.report(file, verdict.failures);
    if (process.stderr.isTTY) process.stderr.write(`\r${number} files, ${this.tally.failures.length} failures `);
  }

  report({ family, name, bytes }, failures) {
    console.error(`${process.stderr.isTTY ? '\r' : ''}${family}: ${name}: ${failures.join('; ')}`);
    if (this.options.keep === undefined) return;
    mkdirSync(this.options.keep, { recursive: true });
    writeFileSync(path.join(this.options.keep, `${family}-${name}`.replaceAll(/[^\w.+-]/g, '_')), bytes);
  }

  async onDisk(bytes, use) {
    const file = path.join(this.folder, `photo-${this.count}-${Math.floor(1e6 * performance.now())}`);
    writeFileSync(file, bytes);
    try {
      return await use(file);
    } finally {
      rmSync(file);
      for (const beside of ['preview.jpg', 'reference']) rmSync(`${file}.${beside}`, { force: true });
    }
  }
}

async function main() {
  const options = readOptions();
  if (options.help) {
    console.log(HELP);
    return 0;
  }
  ensureBuilt();
  const folder = mkdtempSync(path.join(tmpdir(), 'pop-render-corpus-'));
  const run = new Run(options, folder);
  process.once('exit', () => {
    run.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));
  await run.all();
  const { tally } = run;
  const result = { seed: options.seed, files: run.count, failures: tally.failures, families: tally.families() };
  console.log(options.json ? JSON.stringify(result, null, 2) : `\n${familyTable(result)}`);
  return tally.failures.length === 0 && run.count > 0 ? 0 : 1;
}

try {
  process.exit(await main());
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
