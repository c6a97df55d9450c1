// A PostgreSQL and a Redis of this run alone, on free ports and in a temporary folder.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from '../../apps/embedded/prepare.mjs';

const PASSWORDS = { application: 'bench', admin: 'bench' };

/** Servers and programs that were started; the last one stops first. */
export class Servers {
  folder = mkdtempSync(path.join(tmpdir(), 'pop-render-queue-'));
  #stops = [() => rmSync(this.folder, { recursive: true, force: true })];

  /** @returns {Promise<import('../../libs/config/src/index.js').DatabaseConfig>} a new, empty database */
  async startPostgres() {
    const { PostgresServer } = await import('../../dist/apps/embedded/src/postgres-server.js');
    const server = await PostgresServer.start(path.join(this.folder, 'postgres'), PASSWORDS);
    this.#stops.push(() => server.stop());
    return { ...server.connection, pool: { min: 0, max: 5 } };
  }

  /** With an append-only file, as a deployment's. */
  async startRedis() {
    const port = await freePort();
    const folder = path.join(this.folder, 'redis');
    mkdirSync(folder);
    const settings = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes'];
    await this.#start('redis-server', settings, {}, /Ready to accept connections/);
    return { host: '127.0.0.1', port, db: 0, tls: false };
  }

  /** @param {Record<string, string>} env @returns {Promise<string>} address of its health and metrics */
  async startWorker(env) {
    const port = await freePort();
    const variables = { ...process.env, ...env, WORKER_PORT: `${port}`, LOG_LEVEL: 'WARNING' };
    await this.#start(process.execPath, [path.join(root, 'dist/apps/worker/src/main.js')], variables);
    const url = `http://127.0.0.1:${port}`;
    for (let i = 0; !(await answers(`${url}/health/readiness`)); i++) {
      if (i === 300) throw new Error('A worker did not get ready within a minute');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return url;
  }

  async stop() {
    for (const stop of this.#stops.reverse()) await stop();
    this.#stops = [];
  }

  /** Resolves when its output matches, or at once when there is no pattern. */
  #start(command, args, env, ready) {
    const child = spawn(command, args, {
      stdio: ['ignore', ready ? 'pipe' : 'ignore', 'inherit'],
      env: { ...process.env, ...env },
    });
    const gone = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
    this.#stops.push(() => {
      child.kill('SIGTERM');
      return gone;
    });
    if (!ready) return undefined;
    return new Promise((resolve, reject) => {
      child.once('error', (error) => reject(new Error(`${command} does not start: ${error.message}`)));
      child.once('exit', (code) => reject(new Error(`${command} ended with ${code}`)));
      child.stdout.on('data', (output) => ready.test(String(output)) && resolve());
    });
  }
}

async function answers(url) {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
