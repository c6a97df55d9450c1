// `npm run bench`: times and memory of the renderer beside the least that such a file costs (floor.mjs) and beside the
// obvious way to do it (reference.py), held against bars. Every run is a process of its own; the cases take turns, so
// that a slow spell of the machine meets all of them, and the median counts. Of memory, the highest counts.
//
//   npm run bench -- [--runs 5] [--styles a,b] [--sizes 9x12,30x40] [--photo FILE] [--json FILE] [--quick]
//   npm run bench -- queue [--rows 200000] [--backend both]      what a long queue costs, see queue/run.mjs
//
// The photo is a phone's, 12 megapixels, unless another is given.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { ensureBuilt, root } from '../apps/embedded/prepare.mjs';
import { KNOWN_STYLES, rowsOf, verdictOf } from './bars.mjs';
import { casesOf, LARGE, pixelsOf, SMALL } from './cases.mjs';
import { measure } from './measure.mjs';
import { makeLargePhoto, makePhonePhoto } from './photos.mjs';
import { runQueueBench } from './queue/run.mjs';
import { tableOf } from './table.mjs';

const PORTRAIT = 'libs/pipelines/src/golden/portrait.jpg';

/** Measurements of every case so far. */
class Results {
  runs = new Map();

  add(key, measurement) {
    this.runs.set(key, [...(this.runs.get(key) ?? []), measurement]);
  }

  seconds = (key) => median(this.all(key, 'seconds'));
  cpuSeconds = (key) => median(this.all(key, 'cpuSeconds'));
  peakMiB = (key) => this.all(key, 'peakMiB').at(-1);

  all(key, what) {
    const values = (this.runs.get(key) ?? []).map((run) => run[what]).filter((value) => value !== undefined);
    return values.sort((a, b) => a - b);
  }
}

function median(sorted) {
  return sorted.length === 0 ? undefined : (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string' },
      styles: { type: 'string' },
      sizes: { type: 'string', default: `${SMALL},${LARGE}` },
      photo: { type: 'string' },
      json: { type: 'string' },
      quick: { type: 'boolean', default: false },
    },
  });
  const runs = Number(values.runs ?? (values.quick ? 1 : 5));
  if (!Number.isInteger(runs) || runs < 1) throw new Error('--runs must be a whole number from 1');
  const sizes = values.sizes.split(',');
  const wrong = sizes.find((size) => pixelsOf(size).length !== 2 || !pixelsOf(size).every((side) => side >= 1));
  if (wrong !== undefined) throw new Error(`--sizes ${wrong}: must be inches, as in 30x40`);
  const photo = values.photo && path.resolve(values.photo);
  if (photo && !existsSync(photo)) throw new Error(`--photo ${values.photo}: no such file`);
  const styles = (values.styles ?? (values.quick ? 'pop-poster' : KNOWN_STYLES.join(','))).split(',');
  return { runs, styles, sizes, photo, json: values.json && path.resolve(values.json) };
}

function availableStyles(wanted) {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['dist/apps/cli/src/main.js', 'styles', '--json'], {
    cwd: root,
  });
  if (status !== 0) throw new Error(String(stderr));
  const registered = JSON.parse(stdout).map(({ slug }) => slug);
  const missing = wanted.filter((style) => !registered.includes(style));
  if (missing.length > 0) note(`Skipped, for there are no such styles yet: ${missing.join(', ')}`);
  return wanted.filter((style) => registered.includes(style));
}

function referenceStyles() {
  const { stdout, status } = spawnSync('/usr/bin/python3', ['bench/reference.py', '--styles'], { cwd: root });
  if (status === 0) return JSON.parse(stdout);
  note('The reference is skipped: /usr/bin/python3 lacks python3-opencv, python3-sklearn or python3-pil');
  return [];
}

/** Runs all cases; a case that fails is reported and left out from then on. @returns whether none failed */
async function runAll(cases, { runs, folder, results, stop }) {
  const failed = new Set();
  const total = runs * cases.length;
  for (let i = 0; i < total && !stop.wanted; i++) {
    const { key, command } = cases[i % cases.length];
    if (failed.has(key)) continue;
    try {
      const measurement = await measure(command, (child) => (stop.child = child));
      results.add(key, measurement);
      const { seconds, peakMiB } = measurement;
      note(
        `${`${i + 1}`.padStart(`${total}`.length)}/${total} ${key}: ${seconds.toFixed(2)} s, ${peakMiB.toFixed(0)} MiB`,
      );
    } catch (error) {
      if (stop.wanted) break;
      failed.add(key);
      note(`${key} failed: ${error.message}`);
    }
    for (const name of readdirSync(folder)) rmSync(path.join(folder, name));
  }
  return failed.size === 0;
}

function note(text) {
  console.error(text);
}

function describeMachine(photo) {
  const processors = cpus();
  const busy = loadavg()[0];
  const lines = [
    `${processors.length} x ${processors[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}, ${new Date().toISOString()}`,
    `photo ${path.relative(process.cwd(), photo)}`,
    'time: ours from the start of the process to its end, floor and reference without their start-up',
  ];
  if (busy > 0.5) {
    lines.push(`Other work keeps this machine busy (load ${busy.toFixed(1)}): times are not to be trusted`);
  }
  return lines.join('\n');
}

async function main() {
  const options = readOptions();
  const photo = options.photo ?? (await makePhonePhoto(path.join(root, PORTRAIT), note));
  const machine = describeMachine(photo);
  note(machine);
  ensureBuilt();
  process.chdir(root);
  const styles = availableStyles(options.styles);
  const largePhoto = await makeLargePhoto(photo, note);
  const folder = mkdtempSync(path.join(tmpdir(), 'pop-render-bench-'));
  const results = new Results();
  const stop = { wanted: false, child: undefined };
  process.once('SIGINT', () => {
    stop.wanted = true;
    stop.child?.kill('SIGKILL');
  });
  const { sizes, runs } = options;
  const cases = casesOf({ styles, sizes, photo, largePhoto, folder, referenceStyles: referenceStyles() });
  const fine = await runAll(cases, { runs, folder, results, stop });
  rmSync(folder, { recursive: true, force: true });
  const rows = rowsOf(results, styles, sizes);
  const missed = rows.filter((row) => verdictOf(row) === 'missed').length;
  console.log(
    `\n${machine}\n\n${tableOf(rows)}\n\n${missed === 0 ? 'No bar missed' : `Bars missed: ${missed}`}${stop.wanted ? ' (cut short)' : ''}`,
  );
  if (options.json) writeJson(options.json, { machine, runs, rows, results });
  return stop.wanted ? 130 : fine ? 0 : 1;
}

function writeJson(file, { machine, runs, rows, results }) {
  const judged = rows.map((row) => ({ ...row, verdict: verdictOf(row) || undefined }));
  writeFileSync(
    file,
    `${JSON.stringify({ machine, runs, rows: judged, measurements: Object.fromEntries(results.runs) }, null, 2)}\n`,
  );
}

try {
  const [subject, ...args] = process.argv.slice(2);
  process.exitCode = subject === 'queue' ? await runQueueBench(args) : await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
