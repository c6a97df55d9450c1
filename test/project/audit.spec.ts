import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { temporaryFolder } from '../support/processes.js';

const root = path.resolve(__dirname, '../..');
const ADVISORY = {
  id: 1099999,
  url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
  title: 'Multer is too trusting',
  severity: 'high',
  vulnerable_versions: '<=99.0.0',
};

jest.setTimeout(60_000);

describe('npm run audit', () => {
  let registry: Server;
  let folder: string;
  let remove: () => Promise<void>;
  /** What the registry answers to a question for advisories. */
  let answer: { status: number; body: unknown };

  beforeAll(async () => {
    [folder, remove] = await temporaryFolder();
    registry = createServer((request, response) => {
      const isAudit = request.url?.endsWith('/advisories/bulk');
      request.resume().once('end', () => {
        response.writeHead(isAudit ? answer.status : 404, { 'content-type': 'application/json' });
        response.end(JSON.stringify(isAudit ? answer.body : {}));
      });
    });
    await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    registry.closeAllConnections();
    await new Promise((resolve) => registry.close(resolve));
    await remove();
  });

  async function audit(exceptions: unknown): Promise<{ code: number | null; output: string }> {
    const file = path.join(folder, 'exceptions.json');
    await writeFile(file, JSON.stringify(exceptions));
    const { PATH = '' } = process.env;
    const child = spawn(process.execPath, ['tools/audit.mjs', '--exceptions', file], {
      cwd: root,
      env: {
        PATH,
        HOME: folder,
        npm_config_registry: `http://127.0.0.1:${(registry.address() as AddressInfo).port}`,
        npm_config_cache: path.join(folder, 'cache'),
        npm_config_fetch_retries: '0',
        npm_config_update_notifier: 'false',
      },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    return { code, output };
  }
  const exception = (until: string) => [{ advisory: 'GHSA-aaaa-bbbb-cccc', reason: 'Not reachable', until }];

  it('passes when nothing is known, and names exceptions that are no longer needed', async () => {
    answer = { status: 200, body: {} };
    const { code, output } = await audit(exception('2999-12-31'));
    expect(output).toContain('No longer found, remove its exception: GHSA-aaaa-bbbb-cccc');
    expect(output).toContain('0 known vulnerabilities');
    expect(code).toBe(0);
  });

  it('fails on a finding, unless an exception holds', async () => {
    answer = { status: 200, body: { multer: [ADVISORY] } };
    const found = await audit([]);
    expect(found.output).toContain('Finding: GHSA-aaaa-bbbb-cccc, high, in multer <=99.0.0: Multer is too trusting');
    expect(found.code).toBe(1);
    const passed = await audit(exception('2999-12-31'));
    expect(passed.output).toContain('Passed until 2999-12-31');
    expect(passed.code).toBe(0);
    const expired = await audit(exception('2020-01-01'));
    expect(expired.output).toContain('its exception ended on 2020-01-01');
    expect(expired.code).toBe(1);
  });

  it('reports a registry that answers no audit, and never takes that for a pass', async () => {
    answer = { status: 405, body: {} };
    const { code, output } = await audit([]);
    expect(output).toMatch(/^The registry answered no audit, so nothing is known: 405 Method Not Allowed/m);
    expect(code).toBe(3);
  });

  it.each([[[{ advisory: 'GHSA-x' }]], [{}], [[null]], [exception('2026-13-01')], [exception('soon')]])(
    'refuses the exceptions %j',
    async (exceptions) => {
      const { code, output } = await audit(exceptions);
      expect(output).toContain('must be a list of');
      expect(code).toBe(2);
    },
  );
});
