import { freePort, killChildrenOf, Program, until } from '../support/processes.js';

const SCRIPTS = { api: 'dist/apps/api/src/main.js', worker: 'dist/apps/worker/src/main.js' };

/** One API or worker of the deployment, started again each time it has been stopped. */
export class ManagedProcess {
  /** Exits of its processes that the test did not ask for. */
  readonly ownEnds: string[] = [];
  private program?: Program;
  private isStopping = false;

  private constructor(
    readonly name: string,
    private readonly role: keyof typeof SCRIPTS,
    private readonly port: number,
    private readonly env: Record<string, string>,
  ) {}

  static async add(role: keyof typeof SCRIPTS, number: number, env: Record<string, string>): Promise<ManagedProcess> {
    const port = await freePort();
    return new ManagedProcess(`${role} ${number}`, role, port, {
      ...env,
      [role === 'api' ? 'API_PORT' : 'WORKER_PORT']: String(port),
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  start(changes: Record<string, string> = {}): void {
    const program = new Program(SCRIPTS[this.role], { ...this.env, ...changes });
    this.program = program;
    this.isStopping = false;
    void program.ended.then(({ code, signal }) => {
      if (this.isStopping && program === this.program) return;
      if (program === this.program) this.ownEnds.push(`${signal ?? `code ${code}`}: ${program.output.slice(-2000)}`);
    });
  }

  /** Resolves when the process has gone. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.isStopping = true;
    this.program!.kill(signal);
    await this.program!.ended;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.program!.kill(signal);
  }

  /** Kills the processes it has started, such as the one that renders. */
  killChildren(): Promise<void> {
    return killChildrenOf(this.program!.pid);
  }

  ready(limitMs: number): Promise<unknown> {
    return until(`${this.name} is ready`, async () => (await fetch(`${this.url}/health/readiness`)).ok, limitMs);
  }
}
