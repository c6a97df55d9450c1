import { spawn } from 'node:child_process';
import path from 'node:path';

const TOOL = path.resolve(__dirname, '../../dist/apps/cli/main.js');

export interface ToolRun {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** Runs the built `pop-render` as an operator does, with the settings of a deployment. */
export function runTool(env: Record<string, string>, ...args: string[]): Promise<ToolRun> {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [TOOL, ...args], { env: { PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let error = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, error })));
}

/** The JSON document that a command answers with. @throws Error unless it ended with 0 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- documents are asserted on, field by field
export async function toolAnswer(env: Record<string, string>, ...args: string[]): Promise<any> {
  const { code, out, error } = await runTool(env, ...args, '--json');
  if (code !== 0) throw new Error(`pop-render ${args.join(' ')} ended with ${code}: ${error}`);
  return JSON.parse(out);
}
