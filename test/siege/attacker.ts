import { Program } from '../support/processes.js';
import { SIZES, STYLES } from '../support/client.js';

export const ATTACKS = [
  'webp-bombs',
  'webp-bombs-of-four',
  'jpeg-scans',
  'costly-photos',
  'vanishing-clients',
  'dripping-uploads',
  'dripping-uploads-of-four',
  'flood-of-renders',
  'idle-connections',
  'dripping-headers',
  'trailing-bytes',
] as const;
export type AttackName = (typeof ATTACKS)[number];

/** An attack in a process of its own, so that it takes no time from the one that measures. */
export class Attacker {
  private readonly program: Program;

  constructor(name: AttackName, url: string) {
    this.program = new Program('test/siege/attacks.mjs', {}, [name, url, SIZES['30x40'], STYLES['pop-poster']]);
  }

  /** @returns how often it was answered with which status, or cut with which error */
  async stop(): Promise<Record<string, number>> {
    if (!this.program.running) throw new Error(`The attack ended early: ${this.program.output}`);
    await this.program.stop();
    return JSON.parse(this.program.output) as Record<string, number>;
  }
}
