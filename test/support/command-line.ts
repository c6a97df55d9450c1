import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';

const TOOL = path.resolve(__dirname, '../../dist/apps/cli/src/main.js');

export interface ToolRun {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** Runs the built `pop-render` with these words and in this environment alone. */
export function runTool(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<ToolRun> {
  const { PATH = '', TMPDIR = tmpdir() } = process.env;
  const child = spawn(process.execPath, [TOOL, ...words], {
    env: { PATH, TMPDIR, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let error = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (error += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, error })));
}
