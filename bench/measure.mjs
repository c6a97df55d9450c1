// Runs one command in a fresh process and measures it.
import { spawn } from 'node:child_process';

const PEAK_MEMORY = new URL('peak-memory.mjs', import.meta.url).href;

/**
 * @typedef {object} Measurement
 * @property {number} seconds as the command itself states on its last line in JSON, or from its start to its end
 * @property {number} peakMiB resident memory at its highest
 * @property {number} [cpuSeconds] time of all processors together
 */

/**
 * @param {string[]} command a Node script and its arguments when it starts with a name that ends in .js or .mjs
 * @param {(child: import('node:child_process').ChildProcess) => void} onStart
 * @returns {Promise<Measurement>}
 */
export async function measure([program, ...args], onStart) {
  const isNode = /\.m?js$/.test(program);
  const [file, all] = isNode ? [process.execPath, ['--import', PEAK_MEMORY, program, ...args]] : [program, args];
  const started = process.hrtime.bigint();
  const child = spawn(file, all, { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  onStart(child);
  const [out, error, usage, code] = await Promise.all([
    ...child.stdio.slice(1).map(textOf),
    new Promise((resolve, reject) =>
      child.once('error', reject).once('exit', (number, signal) => resolve(number ?? signal)),
    ),
  ]);
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  if (code !== 0) throw new Error(`${[program, ...args].join(' ')} ended with ${code}: ${error.trim()}`);
  return { seconds, ...parse(usage), ...parse(out.trim().split('\n').at(-1)) };
}

async function textOf(stream) {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}

function parse(line) {
  return line?.startsWith('{') ? JSON.parse(line) : {};
}
