import { terminalText } from '#core';
import { describe } from './describe.js';
import { ReloadHandler } from './reload-handler.js';
import { SystemdNotifier } from './systemd-notifier.js';

/** Something running that can be stopped gracefully. */
export interface Service {
  close(): Promise<void>;
  /** An end that takes longer is cut short, so that an unreachable server cannot delay it. */
  readonly closeWithinMs?: number;
  /** Applies new settings without downtime; a service without it exits on SIGHUP. Logs failures itself. */
  reload?(): Promise<void>;
  /** In a few words what runs, for `systemctl status`. */
  readonly status?: string;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** One Ctrl-C may arrive twice, from the terminal and from npm; only a later signal means impatience. */
const SAME_SIGNAL_MS = 1_000;

/**
 * Starts a service and ends it on SIGINT or SIGTERM, exiting 0. A second signal exits at once. A start that fails is
 * reported in plain words on stderr and exits 1. SIGHUP reloads; one that comes during a reload reloads once more.
 * systemd is notified of all this.
 */
export async function runService(start: () => Promise<Service>): Promise<void> {
  let endingSince: number | undefined;
  let service: Service | undefined;
  const manager = new SystemdNotifier(process.env, (text) => console.error(text));
  const end = async (): Promise<void> => {
    if (endingSince !== undefined) {
      if (Date.now() - endingSince > SAME_SIGNAL_MS) process.exit(1);
      return;
    }
    endingSince = Date.now();
    try {
      void manager.stopping();
      await withinLimit(service);
      process.exit(0);
    } catch (error) {
      console.error(`Could not stop cleanly: ${terminalText(describe(error))}`);
      process.exit(1);
    }
  };
  const hangUps = new ReloadHandler(manager, () => void end());
  for (const signal of SIGNALS) process.on(signal, () => void end());
  process.on('SIGHUP', () => hangUps.add());
  // Unheeded, it would open the debugger's port: any process of this user could then run its own code in this one.
  process.on('SIGUSR1', () => undefined);
  try {
    service = await start();
  } catch (error) {
    console.error(terminalText(describe(error)));
    process.exit(1);
  }
  await manager.ready(service.status);
  hangUps.serve(service);
}

async function withinLimit(service?: Service): Promise<void> {
  const limitMs = service?.closeWithinMs;
  if (limitMs !== undefined) {
    setTimeout(() => {
      console.error(`Could not stop cleanly within ${limitMs / 1000} s`);
      process.exit(1);
    }, limitMs);
  }
  await service?.close();
}
