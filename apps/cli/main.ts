#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { inspect } from 'node:util';
import { terminalText } from '#core';
import type { Command } from './command.js';
import { describeFailure, EXIT, EXIT_CODES, usageError } from './failures.js';

/** `pop-render`: loads no more than a command needs, for scripts start it often. One line a command. */
const artCommands = {
  render: ['one print of a photo, and a JPEG preview of it if wanted', () => import('./commands/render.js')],
  proof: ['small JPEG proofs of a photo in every style', () => import('./commands/proof.js')],
  styles: ['the styles, their settings and variants', () => import('./commands/styles.js')],
} satisfies CommandTable;

const operatorCommands = {
  migrate: ['the schema of the database: up, down, status', () => import('./operator/commands/migrate.js')],
  seed: ['the styles and size presets that every deployment has', () => import('./operator/commands/seed.js')],
  cleanup: ['what nobody needs any more: orphans, old, tmp', () => import('./operator/commands/cleanup.js')],
  lifecycle: ['expiry of old prints by the S3 server: show, apply', () => import('./operator/commands/lifecycle.js')],
  doctor: ['checks settings, servers, host and work under way', () => import('./operator/commands/doctor.js')],
  storage: ['how much is stored: usage', () => import('./operator/commands/storage.js')],
  renders: ['which failed and why, all about one, its photo', () => import('./operator/commands/renders.js')],
  requeue: ['failed renders again, or jobs that a lost queue forgot', () => import('./operator/commands/requeue.js')],
  'reap-stuck': ['renders of workers that hang', () => import('./operator/commands/reap-stuck.js')],
  queue: ['status, pause, resume, clear-failed', () => import('./operator/commands/queue.js')],
  determinism: ['whether this machine paints as all others do', () => import('./operator/commands/determinism.js')],
} satisfies CommandTable;

type CommandTable = Record<string, readonly [summary: string, load: () => Promise<Command>]>;

const commands: CommandTable = { ...artCommands, ...operatorCommands };

const HELP = `Turns a photo into print-ready art, and looks after a deployment that does.

Usage:
  pop-render COMMAND [options]
  pop-render COMMAND --help
  pop-render --version

Art, on this machine alone:
${listed(artCommands)}

Operation of a deployment, whose settings are read as its services read them (--env-file FILE adds some):
${listed(operatorCommands)}

What deletes or changes only says what it would do until it is given --yes. --json prints one JSON document.

${EXIT_CODES}`;

function listed(table: CommandTable): string {
  const lines = Object.entries(table).map(([name, [summary]]) => `  ${name.padEnd(11)} ${summary}`);
  return lines.join('\n');
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function main(args: string[], signal: AbortSignal): Promise<void> {
  const [name, ...rest] = args;
  if (name === undefined) throw usageError('A command is missing: pop-render --help lists them');
  if (['--help', '-h', 'help'].includes(name)) return print(HELP);
  if (name === '--version') return print(await version());
  if (!Object.hasOwn(commands, name)) {
    throw usageError(
      `Unknown ${name.startsWith('-') ? 'option' : 'command'} ${name}: pop-render --help lists the commands`,
    );
  }
  const [, load] = commands[name];
  const command = await load();
  if (asksForHelp(rest)) return print(await command.help());
  await command.run(rest, { signal, print });
}

function asksForHelp(args: string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end < 0 ? undefined : end).some((argument) => argument === '--help' || argument === '-h');
}

function print(text: string): void {
  process.stdout.write(`${terminalText(text)}\n`);
}

async function version(): Promise<string> {
  const text = await readFile(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Stops at the first signal by the way of the engine, which cleans up after itself; a second one ends the process. */
function abortOnSignal(): { signal: AbortSignal; exitCode: () => number | undefined } {
  const abort = new AbortController();
  let exitCode: number | undefined;
  for (const name of SIGNALS) {
    process.once(name, () => {
      exitCode ??= EXIT.signal + constants.signals[name];
      abort.abort();
    });
  }
  return { signal: abort.signal, exitCode: () => exitCode };
}

// A reader like `head` that has seen enough is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.output),
);

const stop = abortOnSignal();
try {
  await main(process.argv.slice(2), stop.signal);
} catch (error) {
  const { exitCode, message } = describeFailure(error);
  process.exitCode = stop.exitCode() ?? exitCode;
  console.error(`pop-render: ${stop.signal.aborted ? 'Stopped' : message}`);
  if (process.env.POP_RENDER_DEBUG) console.error(terminalText(inspect(error)));
}
