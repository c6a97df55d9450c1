import { writeFile } from 'node:fs/promises';
import * as queue from '../../apps/cli/operator/commands/queue.js';
import * as reapStuck from '../../apps/cli/operator/commands/reap-stuck.js';
import * as renders from '../../apps/cli/operator/commands/renders.js';
import * as requeue from '../../apps/cli/operator/commands/requeue.js';
import { runTool as runWords, type ToolRun } from './command-line.js';

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
const COMMANDS: Record<string, CommandModule> = { 'reap-stuck': reapStuck, queue, renders, requeue };

/**
 * The same within this process, for tests that ask often: a program takes most of a second to start.
 * @param envFile settings of the deployment
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- documents are asserted on, field by field
export async function commandAnswer(envFile: string, name: string, ...args: string[]): Promise<any> {
  const printed: string[] = [];
  const context = { signal: new AbortController().signal, print: (text: string) => void printed.push(text) };
  await COMMANDS[name].run([...args, '--env-file', envFile, '--json'], context);
  return JSON.parse(printed.join('\n'));
}

/** Writes settings as the file that `--env-file` reads. */
export async function writeEnvFile(file: string, env: Record<string, string>): Promise<void> {
  await writeFile(
    file,
    Object.entries(env)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
}
