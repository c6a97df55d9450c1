import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { arch, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import type { GoldenHashes } from '#pipelines';
import { cpuLimit } from '#sandbox';
import { type CommandContext, parseCommandLine } from '../../command.js';
import { checksFailed, usageError } from '../../failures.js';
import { leaveRemovedFolder } from '../../files.js';
import { requireThreads } from '../../machine.js';
import { ProgressBar } from '../../progress-bar.js';
import { printResult, pluralize, table } from '../output.js';

export const help = (): string => `Checks that this machine paints what every other does.

Usage:
  pop-render determinism [--style STYLE]... [--golden FILE]

Renders a photo of its own in every style, with one thread and with as many as there are processors, and compares the
hashes of the pixels with the recorded ones. Ends with 7 when any differ. Needs no server.
To compare with another machine or version, keep its answer: pop-render determinism --json > golden.json

Options:
  --style STYLE        only this style, as often as you like
  --golden FILE        compare with the answer of another run instead of the recorded hashes
  --json               print one JSON document`;

const options = {
  style: { type: 'string', multiple: true },
  golden: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

interface StyleCheck {
  readonly style: string;
  readonly pipelineVersion: string;
  readonly pixels: string;
  /** Undefined when nothing is recorded for the style. */
  readonly expected: string | undefined;
  /** Whether one thread and many wrote the same file. */
  readonly repeatable: boolean;
  readonly ok: boolean;
}

export async function run(args: string[], context: CommandContext): Promise<void> {
  const { values } = parseCommandLine(args, options);
  const engine = await import('#pipelines');
  const styles =
    values.style?.map((slug) => engine.findStyle(slug).slug) ?? engine.listStyles().map(({ slug }) => slug);
  const golden = values.golden === undefined ? engine.goldenPixels() : await readGolden(values.golden);
  const threads = Math.max(2, cpuLimit());
  requireThreads(threads);
  leaveRemovedFolder();
  const checks: StyleCheck[] = [];
  const folder = await mkdtemp(path.join(tmpdir(), 'pop-render-golden-'));
  const bar = new ProgressBar(!values.json);
  try {
    for (const style of styles) {
      const prints: GoldenHashes[] = [];
      for (const [run, count] of [1, threads].entries()) {
        bar.show(`${style}, ${pluralize(count, 'thread')}`, (checks.length + run / 2) / styles.length);
        prints.push(await engine.makeGolden(style, folder, { threads: count, signal: context.signal }));
      }
      checks.push(judge(prints, golden[style]));
    }
  } finally {
    bar.clear();
    await rm(folder, { recursive: true, force: true });
  }
  const machine = {
    ...(await engine.engineVersions()),
    arch: arch(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    threads,
  };
  printResult(context, values.json, { styles: checks, machine }, () => text(checks, machine));
  const differing = checks.filter(({ ok }) => !ok).map(({ style }) => style);
  if (differing.length > 0) throw checksFailed(`This machine paints differently: ${differing.join(', ')}`);
}

function judge([one, many]: GoldenHashes[], expected: string | undefined): StyleCheck {
  const { style, pipelineVersion, pixels } = one;
  const repeatable = one.file === many.file && pixels === many.pixels;
  return { style, pipelineVersion, pixels, expected, repeatable, ok: repeatable && pixels === expected };
}

/** @throws CliError unless the file is the answer of another run */
async function readGolden(file: string): Promise<Record<string, string>> {
  try {
    const { styles } = JSON.parse(await readFile(file, 'utf8')) as { styles: StyleCheck[] };
    return Object.fromEntries(styles.map(({ style, pixels }) => [style, pixels]));
  } catch (error) {
    throw usageError(
      `--golden ${file} is not the answer of pop-render determinism --json: ${(error as Error).message}`,
    );
  }
}

function text(checks: readonly StyleCheck[], machine: Readonly<Record<string, string | number>>): string {
  const verdict = ({ ok, repeatable, expected }: StyleCheck): string => {
    if (ok) return 'as recorded';
    if (!repeatable) return 'CHANGES with the number of threads';
    return expected === undefined ? 'NOT RECORDED' : `DIFFERS from ${expected}`;
  };
  const rows = checks.map((check) => [check.style, check.pipelineVersion, check.pixels, verdict(check)]);
  const details = Object.entries(machine).map(([name, value]) => `${name} ${value}`);
  return `${table([['Style', 'Version', 'Pixels', 'Verdict'], ...rows])}\n\n${details.join(', ')}`;
}
