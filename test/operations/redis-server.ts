import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { RedisConfig } from '#config';
import { freePort, temporaryFolder, until } from '../support/processes.js';

const execute = promisify(execFile);

/** A Redis with a configuration file, as an operator has it; its append-only file may be broken. */
export class ConfiguredRedis {
  private process?: ChildProcess;
  private log = '';

  private constructor(
    readonly folder: string,
    private readonly removeFolder: () => Promise<void>,
    readonly config: RedisConfig,
  ) {}

  static async prepare(): Promise<ConfiguredRedis> {
    const [folder, removeFolder] = await temporaryFolder();
    const port = await freePort();
    const lines = [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, 'save ""'];
    await writeFile(path.join(folder, 'redis.conf'), `${lines.join('\n')}\n`);
    return new ConfiguredRedis(folder, removeFolder, { host: '127.0.0.1', port, db: 0, tls: false });
  }

  get appendOnlyFolder(): string {
    return path.join(this.folder, 'appendonlydir');
  }

  /** @throws Error with what the server logged when it does not come up */
  async start(): Promise<void> {
    this.log = '';
    const server = spawn(process.env.TEST_REDIS_SERVER ?? 'redis-server', [path.join(this.folder, 'redis.conf')]);
    server.stdout.on('data', (chunk: Buffer) => (this.log += chunk.toString()));
    this.process = server;
    const ended = new Promise<never>((_, reject) => server.once('exit', () => reject(new Error(this.log))));
    ended.catch(() => undefined); // Its later end is no error.
    await Promise.race([ended, until('Redis answers', async () => (await this.cli('PING')) === 'PONG')]);
  }

  async stop(): Promise<void> {
    const { process: server } = this;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const gone = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await gone;
  }

  /** Stops the process without ending it: connections stay open and get no answer until {@link resume}. */
  freeze(): void {
    this.process!.kill('SIGSTOP');
  }

  resume(): void {
    this.process!.kill('SIGCONT');
  }

  async cli(...words: string[]): Promise<string> {
    const { stdout } = await execute('redis-cli', ['-p', String(this.config.port), ...words]);
    return stdout.trim();
  }

  async close(): Promise<void> {
    await this.stop();
    await this.removeFolder();
  }
}
