import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { freePort, temporaryFolder, until } from './processes.js';

export interface Sample {
  readonly metric: Record<string, string>;
  readonly value: [number, string];
}

interface AlertingRule {
  readonly name: string;
  readonly state: 'inactive' | 'pending' | 'firing';
  readonly health: string;
  readonly lastError?: string;
}

/** A Prometheus of one test alone, on the loopback interface, its data in a temporary folder. */
export class OwnPrometheus {
  private output = '';

  private constructor(
    readonly url: string,
    /** Its file of settings. */
    readonly settings: string,
    private readonly child: ChildProcess,
    private readonly removeFolder: () => Promise<void>,
  ) {
    child.stderr!.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
  }

  /**
   * @param config settings as in prometheus.yml, but for `rule_files`
   * @param rules rule files by name
   */
  static async start(config: object, rules: Record<string, object>): Promise<OwnPrometheus> {
    const [folder, removeFolder] = await temporaryFolder();
    const files = Object.entries(rules).map(([name, content]) => [path.join(folder, name), content] as const);
    for (const [file, content] of files) await writeFile(file, stringify(content));
    const settings = path.join(folder, 'prometheus.yml');
    await writeFile(settings, stringify({ ...config, rule_files: files.map(([file]) => file) }));
    const address = `127.0.0.1:${await freePort()}`;
    const child = spawn(
      'prometheus',
      [
        `--config.file=${settings}`,
        `--storage.tsdb.path=${path.join(folder, 'data')}`,
        `--web.listen-address=${address}`,
        '--web.enable-lifecycle',
        '--log.level=warn',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const server = new OwnPrometheus(`http://${address}`, settings, child, removeFolder);
    await until('Prometheus is ready', async () => (await fetch(`${server.url}/-/ready`)).ok).catch((error: Error) => {
      throw new Error(`${error.message}; it printed: ${server.output}`);
    });
    return server;
  }

  async alerts(): Promise<AlertingRule[]> {
    const { groups } = await this.get<{ groups: { rules: AlertingRule[] }[] }>('rules?type=alert');
    return groups.flatMap(({ rules }) => rules);
  }

  async stateOf(name: string): Promise<AlertingRule['state'] | undefined> {
    return (await this.alerts()).find((rule) => rule.name === name)?.state;
  }

  /** Names of the alerts that fire now. */
  async firing(): Promise<string[]> {
    return (await this.alerts()).filter(({ state }) => state === 'firing').map(({ name }) => name);
  }

  async query(expr: string): Promise<Sample[]> {
    return (await this.get<{ result: Sample[] }>(`query?query=${encodeURIComponent(expr)}`)).result;
  }

  private async get<T>(request: string): Promise<T> {
    const answer = (await (await fetch(`${this.url}/api/v1/${request}`)).json()) as { data: T; error?: string };
    if (answer.error) throw new Error(`${request}: ${answer.error}`);
    return answer.data;
  }

  async close(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = new Promise((resolve) => this.child.once('exit', resolve));
      this.child.kill('SIGTERM');
      await gone;
    }
    await this.removeFolder();
  }
}
