import { terminalJson, terminalLine } from '#core';
import type { RenderOutput } from '#pipelines';
import { type CommandContext, numberOption, parseCommandLine } from '../command.js';
import { usageError } from '../failures.js';
import { leaveRemovedFolder, requireEnding, requirePhoto, requireWritable } from '../files.js';
import { requireThreads } from '../machine.js';
import { readSettings, readSheet, sheetOptions } from '../print-options.js';
import { ProgressBar } from '../progress-bar.js';

export async function help(): Promise<string> {
  const { DEFAULT_PROFILE, listProfiles, listStyles } = await import('#pipelines');
  const profiles = listProfiles().map((profile) => profile.name);
  return `Renders one print of a photo.

Usage:
  pop-render render PHOTO --style STYLE --size WxH -o PRINT [--preview PREVIEW.jpg] [options]

PHOTO is a JPEG, PNG, TIFF, BMP or WEBP. At least one of -o and --preview is needed.

Options:
  --style STYLE         ${listStyles()
    .map((style) => style.slug)
    .join(', ')}
  --size WxH            width and height in inches, as in 30x40 or 8.5x11
  -o, --output PRINT    the print
  --preview FILE        a JPEG of the print, 1200 pixels on its longer side
  --variant NAME        a named set of settings; pop-render styles lists them
  --set NAME=VALUE      one setting, as often as you like; the value is JSON or bare text
  --profile NAME        kind of print: ${profiles.join(', ')} (default ${DEFAULT_PROFILE})
  --fit FIT             how the photo meets a sheet of another shape (default cover):
                          cover        fills the sheet, the rest is cut off around the focus
                          attention    the same around what draws the eye
                          contain      all of the photo, with a margin
                          mirror-wrap  for a canvas: its folded edges mirror the photo
  --focus X,Y           what stays in the middle, as shares of the photo (default 0.5,0.5)
  --background #RRGGBB  color of the margin with --fit contain (default #ffffff)
  --wrap-mm MM          width of the folded edges with --fit mirror-wrap (default 38)
  --orientation HOW     preset: as in --size (default); auto: as the photo is; portrait; landscape
  --dpi N               pixels an inch, 1 to 2400 (default 300)
  --threads N           painting threads, 1 to 16; never changes the picture (default: one a processor)
  --force               replace outputs that are there already
  --json                print the metadata of the print as JSON
  --quiet               no progress and no summary`;
}

export async function run(args: string[], { signal, print }: CommandContext): Promise<void> {
  const started = performance.now();
  const { values, positionals } = parseCommandLine(args, options, ['PHOTO']);
  const [photoPath] = positionals;
  const { style, output: printPath, preview: previewPath } = values;
  if (style === undefined) throw usageError('--style is missing: pop-render styles lists them');
  const outputs = [printPath, previewPath].filter((file) => file !== undefined);
  if (outputs.length === 0) throw usageError('Nothing to write: -o names the print, --preview its preview');
  const threads = numberOption('threads', values.threads, { low: 1, high: 16 });

  const engine = await import('#pipelines');
  const output = readSheet(values);
  const settings = readSettings(style, { variant: values.variant, assignments: values.set }, engine);
  engine.resolveSettings(style, settings);
  const profile = engine.findProfile(values.profile ?? engine.DEFAULT_PROFILE);
  if (printPath !== undefined) requireEnding(printPath, `${profile.name} print`, endingsOf(profile.fileEnding));
  if (previewPath !== undefined) requireEnding(previewPath, 'preview', endingsOf('jpg'));
  await requirePhoto(photoPath);
  await requireWritable(outputs, photoPath, values.force);
  requireThreads(threads);
  leaveRemovedFolder();

  const bar = new ProgressBar(!values.quiet);
  try {
    const rendered = await engine.render({
      ...{ photoPath, style, settings, output, profile: profile.name, printPath, previewPath, threads, signal },
      onProgress: ({ stage, fraction }) => bar.show(stage, fraction),
    });
    bar.clear();
    if (!values.quiet) warn(rendered);
    const seconds = Math.round(performance.now() - started) / 1000;
    if (values.json) print(terminalJson({ ...rendered, printPath, previewPath, seconds }));
    else if (!values.quiet) print(summary(rendered, outputs, seconds));
  } finally {
    bar.clear();
  }
}

const options = {
  ...sheetOptions,
  style: { type: 'string' },
  output: { type: 'string', short: 'o' },
  preview: { type: 'string' },
  variant: { type: 'string' },
  set: { type: 'string', multiple: true, default: [] as string[] },
  profile: { type: 'string' },
  threads: { type: 'string' },
  force: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  quiet: { type: 'boolean', default: false },
} as const;

const SAME_ENDINGS = [
  ['tiff', 'tif'],
  ['jpg', 'jpeg'],
];

function endingsOf(ending: string): string[] {
  return SAME_ENDINGS.find((same) => same.includes(ending)) ?? [ending];
}

function warn({ warnings }: RenderOutput): void {
  for (const { message } of warnings) process.stderr.write(`pop-render: warning: ${message}\n`);
}

function summary(rendered: RenderOutput, outputs: string[], seconds: number): string {
  const size = `${rendered.widthPx}x${rendered.heightPx} pixels at ${rendered.dpi} dpi`;
  const megabytes = ((rendered.printBytes + rendered.previewBytes) / 1e6).toFixed(1);
  return `${terminalLine(outputs.join(', '))}: ${size}, ${megabytes} MB in ${seconds.toFixed(1)} s`;
}
