import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** systemd-notify waits until systemd has read the message. */
const ANSWER_MS = 5_000;

/**
 * Notifies systemd of the state of the service, by the program `systemd-notify`: Node cannot write to such a socket. Where
 * NOTIFY_SOCKET is not set, nothing happens.
 */
export class SystemdNotifier {
  private sending = Promise.resolve();
  private watchdog?: NodeJS.Timeout;

  /** @param warn is called for a message that could not be sent */
  constructor(
    private readonly variables: NodeJS.ProcessEnv,
    private readonly warn: (text: string) => void,
  ) {}

  /** Started, or reloaded. */
  ready(status = ''): Promise<void> {
    this.watch();
    return this.notify('READY=1', `STATUS=${status}`);
  }

  /** READY must follow. */
  reloading(): Promise<void> {
    const monotonic = process.hrtime.bigint() / 1000n;
    return this.notify('RELOADING=1', `MONOTONIC_USEC=${monotonic}`, 'STATUS=Reloading');
  }

  stopping(): Promise<void> {
    return this.notify('STOPPING=1', 'STATUS=Finishing work in progress');
  }

  /** Signs of life as long as the event loop turns, twice as often as systemd asks for them. */
  private watch(): void {
    const { WATCHDOG_USEC, WATCHDOG_PID } = this.variables;
    const periodMs = Number(WATCHDOG_USEC) / 1000 / 2;
    if (this.watchdog || !(periodMs > 0)) return;
    if (WATCHDOG_PID && Number(WATCHDOG_PID) !== process.pid) return;
    this.watchdog = setInterval(() => void this.notify('WATCHDOG=1'), periodMs).unref();
  }

  private notify(...state: string[]): Promise<void> {
    const { PATH, NOTIFY_SOCKET } = this.variables;
    if (!NOTIFY_SOCKET) return Promise.resolve();
    this.sending = this.sending
      .then(() => run('systemd-notify', state, { env: { PATH, NOTIFY_SOCKET }, timeout: ANSWER_MS }))
      .then(
        () => undefined,
        (error: Error) => this.warn(`systemd could not be notified of ${state[0]}: ${error.message}`),
      );
    return this.sending;
  }
}
