import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from '../support/processes.js';

const root = path.resolve(__dirname, '../..');
const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`;

describe('npm run images:pin', () => {
  let folder: string;
  let removeFolder: () => Promise<void>;
  let registry: Server;
  const asked: string[] = [];

  beforeAll(async () => {
    [folder, removeFolder] = await temporaryFolder();
    // A registry as the specification of OCI has it: a challenge first, then the manifest's digest for a token.
    registry = createServer((request, response) => {
      const { address, port } = registry.address() as AddressInfo;
      asked.push(`${request.method} ${request.url}`);
      if (request.url!.startsWith('/token?')) return void response.end(JSON.stringify({ token: 'anonymous' }));
      if (request.url!.includes('/none/')) return void response.writeHead(404).end();
      if (request.headers.authorization !== 'Bearer anonymous') {
        const challenge = `Bearer realm="http://${address}:${port}/token",service="s",scope="repository:r:pull"`;
        return void response.writeHead(401, { 'WWW-Authenticate': challenge }).end();
      }
      expect(request.headers.accept).toMatch(/^application\/vnd\.oci\.image\.index\.v1\+json, /);
      response.writeHead(200, { 'Docker-Content-Digest': DIGEST }).end();
    });
    await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    await new Promise((resolve) => registry.close(resolve));
    await removeFolder();
  });

  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, [path.join(root, 'tools/images-pin.mjs'), '--root', folder, ...args]).then(
      ({ stdout }) => ({ code: 0, out: stdout, error: '' }),
      ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
        code,
        out: stdout,
        error: stderr,
      }),
    );
  const read = (file: string): string => readFileSync(path.join(folder, file), 'utf8');
  /** The project's own files, with every foreign image at the registry of this test. */
  const prepare = async (repository: string): Promise<void> => {
    const { port } = registry.address() as AddressInfo;
    mkdirSync(path.join(folder, 'docker'), { recursive: true });
    for (const name of ['docker/Dockerfile', 'docker/compose.yaml']) {
      cpSync(path.join(root, name), path.join(folder, name));
      const text = read(name)
        .replaceAll(/@sha256:[0-9a-f]{64}/g, '')
        .replaceAll(/(IMAGE=|image: )(?!pop-render)(\S+)/g, `$1127.0.0.1:${port}/${repository}/$2`);
      await promisify(execFile)(process.execPath, [
        '-e',
        `fs.writeFileSync(process.argv[1], process.argv[2])`,
        path.join(folder, name),
        text,
      ]);
    }
  };

  it('writes the digest of every image that is not ours behind its tag, again and again', async () => {
    await prepare('mirror');
    expect(await run('--check')).toMatchObject({ code: 1, error: expect.stringContaining('has no digest') });
    for (let i = 0; i < 2; i++) {
      expect(await run()).toMatchObject({ code: 0, out: expect.stringContaining(`node:24-bookworm-slim@${DIGEST}`) });
      expect(read('docker/Dockerfile')).toMatch(
        new RegExp(`^ARG NODE_IMAGE=127\\S+/mirror/node:24-bookworm-slim@${DIGEST}$`, 'm'),
      );
      const images = [...read('docker/compose.yaml').matchAll(/^ +image: (\S+)$/gm)].map(([, image]) => image);
      const foreign = images.filter((image) => !image.startsWith('pop-render:'));
      expect(foreign.length).toBeGreaterThanOrEqual(5);
      for (const image of foreign) expect(image).toMatch(new RegExp(`^[^@]+:[^@/]+@${DIGEST}$`));
      expect(images.length).toBeGreaterThan(foreign.length);
    }
    expect(await run('--check')).toEqual({ code: 0, out: '', error: '' });
    expect(asked).toContain('HEAD /v2/mirror/prom/prometheus/manifests/v3.5.0');
  });

  it('changes nothing of a file whose images a registry does not know', async () => {
    await prepare('none');
    const before = read('docker/compose.yaml');
    expect(await run()).toMatchObject({ code: 3, error: expect.stringMatching(/answers 404/) });
    expect(read('docker/compose.yaml')).toBe(before);
  });
});
