import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describeFailure } from '../../apps/cli/src/failures.js';
import * as cleanup from '../../apps/cli/src/operator/commands/cleanup.js';
import * as doctor from '../../apps/cli/src/operator/commands/doctor.js';
import * as lifecycle from '../../apps/cli/src/operator/commands/lifecycle.js';
import * as migrate from '../../apps/cli/src/operator/commands/migrate.js';
import * as queue from '../../apps/cli/src/operator/commands/queue.js';
import * as reapStuck from '../../apps/cli/src/operator/commands/reap-stuck.js';
import * as renders from '../../apps/cli/src/operator/commands/renders.js';
import * as requeue from '../../apps/cli/src/operator/commands/requeue.js';
import * as seed from '../../apps/cli/src/operator/commands/seed.js';
import * as storage from '../../apps/cli/src/operator/commands/storage.js';
import { runTool as runWords, type ToolRun } from './command-line.js';
import { temporaryFolder } from './processes.js';

export type { ToolRun };

/** Runs the built `pop-render` as an operator does, with the settings of a deployment. */
export function runTool(env: Record<string, string>, ...args: string[]): Promise<ToolRun> {
  return runWords(args, env);
}

/** The JSON document that a command answers with. @throws Error unless it ended with 0 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- documents are asserted on, field by field
export async function toolAnswer(env: Record<string, string>, ...args: string[]): Promise<any> {
  const { code, out, error } = await runTool(env, ...args, '--json');
  if (code !== 0) throw new Error(`pop-render ${args.join(' ')} ended with ${code}: ${error}`);
  return JSON.parse(out);
}

/** A module of a command. */
type CommandModule = Pick<typeof requeue, 'run'>;
const COMMANDS: Record<string, CommandModule> = {
  'reap-stuck': reapStuck,
  ...{ cleanup, doctor, lifecycle, migrate, queue, renders, requeue, seed, storage },
};

/**
 * The same within this process, for tests that ask often: a program takes most of a second to start.
 * @param envFile settings of the deployment
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- documents are asserted on, field by field
export async function commandAnswer(envFile: string, name: string, ...args: string[]): Promise<any> {
  return JSON.parse((await runWithin([name, ...args, '--env-file', envFile, '--json'])).join('\n'));
}

/**
 * A command within this process, ending as the program would.
 * @param env settings of the deployment
 */
export async function runCommand(env: Record<string, string>, ...words: string[]): Promise<ToolRun> {
  const [folder, removeFolder] = await temporaryFolder();
  const envFile = path.join(folder, 'settings.env');
  await writeEnvFile(envFile, env);
  const printed: string[] = [];
  try {
    await runWithin([...words, '--env-file', envFile], printed);
    return { code: 0, out: textOf(printed), error: '' };
  } catch (thrown) {
    const { exitCode, message } = await describeFailure(thrown);
    return { code: exitCode, out: textOf(printed), error: `pop-render: ${message}\n` };
  } finally {
    await removeFolder();
  }
}

/** @returns what it has printed */
async function runWithin([name, ...args]: readonly string[], printed: string[] = []): Promise<string[]> {
  const context = { signal: new AbortController().signal, print: (text: string) => void printed.push(text) };
  await COMMANDS[name].run(args, context);
  return printed;
}

const textOf = (printed: readonly string[]): string => printed.map((text) => `${text}\n`).join('');

/** Writes settings as the file that `--env-file` reads. */
export async function writeEnvFile(file: string, env: Record<string, string>): Promise<void> {
  await writeFile(
    file,
    Object.entries(env)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
}
