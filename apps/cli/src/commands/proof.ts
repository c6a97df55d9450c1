import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { ORIENTATIONS, terminalJson, terminalLine } from '#core';
import type { ProofOutput, SheetOptions } from '#pipelines';
import { choiceOption, type CommandContext, numberOption, parseCommandLine } from '../command.js';
import { outputError, usageError } from '../failures.js';
import { leaveRemovedFolder, requirePhoto, requireWritable } from '../files.js';
import { requireThreads } from '../machine.js';
import type { Engine } from '../print-options.js';
import { ProgressBar } from '../progress-bar.js';

/** Proofs stand for a 9x12 inch print. */
const SHEET = { widthPx: 2700, heightPx: 3600, dpi: 300 } as const;
const LONGEST_PX = 1200;

export const help = (): string => `Writes a small JPEG proof of a photo in every style, FOLDER/STYLE.jpg.

Usage:
  pop-render proof PHOTO -o FOLDER [options]

Options:
  -o, --output FOLDER  where to; made when it is not there
  --style STYLE        this style only; may be given several times
  --long-side PX       longer side of the proofs, 100 to ${LONGEST_PX} (default 600)
  --orientation HOW    auto: as the photo is (default); portrait; landscape
  --threads N          painting threads, 1 to 16 (default: one a processor)
  --force              replace proofs that are there already
  --json               print the metadata of the proofs as JSON
  --quiet              no progress and no summary`;

export async function run(args: string[], { signal, print }: CommandContext): Promise<void> {
  const started = performance.now();
  const { values, positionals } = parseCommandLine(args, options, ['PHOTO']);
  const [photoPath] = positionals;
  const folder = values.output;
  if (folder === undefined) throw usageError('-o is missing: the folder for the proofs');
  const longSidePx = numberOption('long-side', values['long-side'], { low: 100, high: LONGEST_PX });
  const threads = numberOption('threads', values.threads, { low: 1, high: 16 });

  const engine = await import('#pipelines');
  const orientation = choiceOption('orientation', values.orientation, ORIENTATIONS);
  const output: SheetOptions = { ...SHEET, orientation };
  const styles = chosenStyles(values.style, engine);
  await requirePhoto(photoPath);
  await makeFolder(folder);
  const proofs = styles.map((style) => ({ style, path: path.join(folder, `${style}.jpg`) }));
  const files = proofs.map((proof) => proof.path);
  await requireWritable(files, photoPath, values.force);
  requireThreads(threads);
  leaveRemovedFolder();

  const bar = new ProgressBar(!values.quiet);
  let rendered: ProofOutput[];
  try {
    bar.show(styles[0], 0);
    let done = 0;
    rendered = await engine.renderProofs({
      ...{ photoPath, output, longSidePx, proofs, threads, signal },
      onProof: ({ style }) => bar.show(style, ++done / proofs.length),
    });
  } finally {
    bar.clear();
  }
  const seconds = Math.round(performance.now() - started) / 1000;
  if (values.json) print(terminalJson({ proofs: rendered, seconds }));
  else if (!values.quiet) print(`${terminalLine(files.join(', '))}: ${seconds.toFixed(1)} s`);
}

const options = {
  output: { type: 'string', short: 'o' },
  style: { type: 'string', multiple: true, default: [] as string[] },
  'long-side': { type: 'string', default: '600' },
  orientation: { type: 'string', default: 'auto' },
  threads: { type: 'string' },
  force: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  quiet: { type: 'boolean', default: false },
} as const;

function chosenStyles(named: readonly string[], { findStyle, listStyles }: Engine): string[] {
  if (named.length === 0) return listStyles().map(({ slug }) => slug);
  return [...new Set(named)].map((slug) => findStyle(slug).slug);
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw outputError(`Folder ${folder} cannot be made: ${(error as Error).message}`, error);
  }
}
