import { describe } from './describe.js';
import type { Service } from './run-service.js';
import type { SystemdNotifier } from './systemd-notifier.js';

/** Reloads one after the other; of several hang-ups during one reload, one more follows. */
export class ReloadHandler {
  private service?: Service;
  private wanted = false;
  private busy = false;

  constructor(
    private readonly manager: SystemdNotifier,
    private readonly end: () => void,
  ) {}

  add(): void {
    this.wanted = true;
    void this.answer();
  }

  /** From now on; what came before is answered too. */
  serve(service: Service): void {
    this.service = service;
    void this.answer();
  }

  private async answer(): Promise<void> {
    const { service, busy } = this;
    if (!this.wanted || busy || !service) return;
    if (!service.reload) return this.end();
    this.busy = true;
    while (this.wanted) {
      this.wanted = false;
      await this.manager.reloading();
      const failure = await service.reload().then(
        () => undefined,
        (error: unknown) => `Reload failed, the previous settings stay in force: ${describe(error)}`,
      );
      await this.manager.ready(failure?.replaceAll('\n', ' ') ?? service.status);
    }
    this.busy = false;
  }
}
