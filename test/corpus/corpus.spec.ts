import { spawn } from 'node:child_process';
import path from 'node:path';

interface Report {
  readonly files: number;
  readonly failures: { family: string }[];
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
  let report: Report;
  beforeAll(async () => {
    report = await runCorpus('--short');
  }, 400_000);

  it('guarantee: broken photos are refused, never printed in part', () => {
    const { files, failures, families } = report;
    expect(failures).toEqual([]);
    expect(files).toBeGreaterThan(900);
    // The corpus bites: of cut files nearly none is a photo any more, of unusual ones every one.
    expect(families.cut.refused.corrupt_photo).toBeGreaterThan(0.8 * families.cut.files);
    expect(families.unusual.accepted).toBe(families.unusual.files);
  });

  it('guarantee: a TIFF prints as an independent reader shows it, or is refused with a reason', () => {
    const { failures, families } = report;
    expect(failures.filter(({ family }) => family === 'TIFF kind')).toEqual([]);
    const { accepted, refused } = families['TIFF kind'];
    expect(accepted).toBeGreaterThan(100);
    expect(Object.keys(refused)).toEqual(['unsupported_format']);
    expect(refused.unsupported_format).toBeGreaterThan(100);
  });
});
