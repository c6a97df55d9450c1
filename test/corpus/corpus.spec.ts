import { spawn } from 'node:child_process';
import path from 'node:path';

interface Report {
  readonly files: number;
  readonly faults: unknown[];
  readonly families: Record<string, { files: number; accepted: number; refused: Record<string, number> }>;
}

async function runCorpus(...args: string[]): Promise<Report> {
  const child = spawn(process.execPath, [path.join(__dirname, 'run.mjs'), '--json', ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  return JSON.parse(output) as Report;
}

describe('hostile files', () => {
  it('promise: broken photos are refused, never half a picture', async () => {
    const { files, faults, families } = await runCorpus('--short');
    expect(faults).toEqual([]);
    expect(files).toBeGreaterThan(700);
    // The corpus bites: of cut files nearly none is a photo any more, of unusual ones every one.
    expect(families.cut.refused.corrupt_photo).toBeGreaterThan(0.8 * families.cut.files);
    expect(families.unusual.accepted).toBe(families.unusual.files);
  }, 400_000);
});
