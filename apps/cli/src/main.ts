#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { inspect } from 'node:util';
import type { Command } from './command.js';
import { describeFailure, EXIT, EXIT_CODES, usageError, workContinues } from './failures.js';
import { requireOpenFiles } from './machine.js';

/** `pop-render`: loads no more than a command needs, for scripts start it often. One line a command. */
const artCommands = {
  render: ['one print of a photo, and a JPEG preview of it if wanted', () => import('./commands/render.js')],
  proof: ['small JPEG proofs of a photo in every style', () => import('./commands/proof.js')],
  styles: ['the styles, their settings and variants', () => import('./commands/styles.js')],
} satisfies CommandTable;

const operatorCommands = {
  migrate: ['the schema of the database: up, down, status', () => import('./operator/commands/migrate.js')],
  seed: ['the styles and size presets that every deployment has', () => import('./operator/commands/seed.js')],
  cleanup: ['deletes data that is no longer needed: orphans, old, tmp', () => import('./operator/commands/cleanup.js')],
  lifecycle: ['expiry of old prints by the S3 server: show, apply', () => import('./operator/commands/lifecycle.js')],
  doctor: ['checks settings, servers, host and work in progress', () => import('./operator/commands/doctor.js')],
  storage: ['how much is stored: usage', () => import('./operator/commands/storage.js')],
  renders: [
    'failed renders with their errors, one render in detail, its photo',
    () => import('./operator/commands/renders.js'),
  ],
  requeue: [
    'queues failed renders, or jobs that the queue has lost, again',
    () => import('./operator/commands/requeue.js'),
  ],
  'reap-stuck': ['reclaims renders from workers that hang', () => import('./operator/commands/reap-stuck.js')],
  queue: ['status, pause, resume, clear-failed', () => import('./operator/commands/queue.js')],
  determinism: [
    'checks that output is bit-identical to the reference',
    () => import('./operator/commands/determinism.js'),
  ],
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

Operation of a deployment, whose settings are read as its services read them (--env-file FILE adds some;
where only POP_RENDER_HOME is set, as in the all-in-one image, those of the embedded profile that runs there):
${listed(operatorCommands)}

Commands that delete or change only show what they would do until given --yes. --json prints one JSON document.

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
  requireOpenFiles();
  const [, load] = commands[name];
  const command = await load();
  if (asksForHelp(rest)) return print(await command.help());
  // Only here, where the process is the tool's own.
  if (Object.hasOwn(operatorCommands, name)) await (await import('./operator/operator-options.js')).hideSecrets();
  const { terminalText } = await import('#core');
  await command.run(rest, { signal, print: (text) => print(terminalText(text)) });
}

function asksForHelp(args: string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end < 0 ? undefined : end).some((argument) => argument === '--help' || argument === '-h');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function version(): Promise<string> {
  const text = await readFile(new URL('../../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Wait for native code that cannot be stopped, such as a decoder's, before the process is killed. */
const NATIVE_WORK_MS = 250;

/** Stops at the first signal by the way of the engine, which cleans up after itself; a second one ends the process. */
function abortOnSignal(): { signal: AbortSignal; received: () => NodeJS.Signals | undefined } {
  const abort = new AbortController();
  let received: NodeJS.Signals | undefined;
  for (const name of SIGNALS) {
    process.once(name, () => {
      received ??= name;
      abort.abort();
    });
  }
  return { signal: abort.signal, received: () => received };
}

/** An exit would wait for native code. The listener is gone, so that the signal now does what it does by default. */
function endBySignalSoon(name: NodeJS.Signals): void {
  setTimeout(() => process.kill(process.pid, name), NATIVE_WORK_MS).unref();
}

// A reader like `head` that has seen enough is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') console.error(`pop-render: Cannot write to the standard output: ${error.message}`);
  process.exit(error.code === 'EPIPE' ? EXIT.done : EXIT.output);
});
// Without a reader of stderr, messages are dropped.
process.stderr.on('error', () => undefined);

const stop = abortOnSignal();

/** Reports a failure on stderr and sets the exit code. */
async function reportFailure(error: unknown): Promise<void> {
  const { exitCode, message } = await describeFailure(error);
  const signal = stop.received();
  process.exitCode = signal === undefined ? exitCode : EXIT.signal + constants.signals[signal];
  if (signal !== undefined && workContinues(error)) endBySignalSoon(signal);
  console.error(`pop-render: ${signal === undefined ? message : 'Stopped'}`);
  if (process.env.POP_RENDER_DEBUG) console.error((await import('#core')).terminalText(inspect(error)));
}

// What fails beside the command, such as a thread that does not start, ends it in the same way.
process.on('uncaughtException', (error) => void reportFailure(error).finally(() => process.exit()));

await main(process.argv.slice(2), stop.signal).catch(reportFailure);
