import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { temporaryFolder, until } from './processes.js';

/** A socket such as systemd gives to a service, and the messages that came. */
export class NotifySocket {
  readonly messages: string[][] = [];
  private listening = false;

  private constructor(
    readonly path: string,
    private readonly program: ChildProcess,
    private readonly removeFolder: () => Promise<void>,
  ) {
    createInterface({ input: program.stdout! }).on('line', (line) => {
      const message = JSON.parse(line) as string | string[];
      if (typeof message === 'string') this.listening = true;
      // The barrier has no content: by it systemd-notify learns that the message before was read.
      else if (message[0] !== 'BARRIER=1') this.messages.push(message);
    });
  }

  static async open(): Promise<NotifySocket> {
    const [folder, removeFolder] = await temporaryFolder();
    const file = path.join(folder, 'notify');
    // Node knows no sockets of this kind.
    const script = path.join(__dirname, 'notify-socket.py');
    const program = spawn('/usr/bin/python3', [script, file], { stdio: ['pipe', 'pipe', 'inherit'] });
    const socket = new NotifySocket(file, program, removeFolder);
    await until('the socket is there', () => socket.listening);
    return socket;
  }

  /** The first words of all messages so far. */
  get states(): string[] {
    return this.messages.map(([first]) => first);
  }

  async close(): Promise<void> {
    if (this.program.exitCode === null) {
      const gone = new Promise((resolve) => this.program.once('exit', resolve));
      this.program.stdin!.end();
      await gone;
    }
    await this.removeFolder();
  }
}
