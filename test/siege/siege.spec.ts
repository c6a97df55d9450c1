import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Deployment } from '../support/deployment.js';
import { CAT } from '../support/photos.js';
import { Attacker, type AttackName, ATTACKS } from './attacker.js';
import { brokenPromises, describeFigures, type Figures, HEADER, isAccepted, isRead } from './figures.js';
import { HonestClient } from './honest-client.js';

/** `npm run test:siege` sets its own; the default is the short form. */
const isShort = process.env.SIEGE_UPLOADS === undefined;
const UPLOADS = Number(process.env.SIEGE_UPLOADS ?? 3);
const PROCESSES = (process.env.SIEGE_PROCESSES ?? '1').split(',').map(Number);
const CHOSEN = (process.env.SIEGE_ATTACKS?.split(',') as AttackName[] | undefined) ?? ATTACKS;
/** For the attack to be at its height. */
const APPROACH_MS = isShort ? 1_500 : 5_000;
const LIMIT_MS = isShort ? 20_000 : 60_000;

jest.setTimeout(LIMIT_MS * 3);

const log = (line: string): void => {
  if (!isShort) process.stderr.write(`${line}\n`);
};

describe.each(PROCESSES)('an honest client of %d API processes', (processes) => {
  let deployment: Deployment | undefined;
  beforeAll(() => log(HEADER));
  // What one attack has left is no part of the next one, where there is time for that.
  afterEach(() => (isShort ? undefined : close()));
  afterAll(close);

  async function close(): Promise<void> {
    await deployment?.close();
    deployment = undefined;
  }

  it.each(CHOSEN)('guarantee: an honest client is served while others attack: %s', async (attack) => {
    deployment ??= await deploy(processes);
    const figures: Figures = { attack, processes, ...(await besiege(deployment.apiUrl, attack)) };
    log(describeFigures(figures));
    record(figures);
    const { uploads, reads, probes } = figures.seen;
    if (isShort) {
      // Its speed means nothing on a machine that has other things to do.
      expect(uploads.filter((one) => !isAccepted(one))).toEqual([]);
      expect([...reads, ...probes].filter((one) => !isRead(one))).toEqual([]);
    } else {
      expect(brokenPromises(figures)).toEqual([]);
    }
  });
});

async function deploy(processes: number): Promise<Deployment> {
  const deployment = await Deployment.prepare({
    queue: 'redis',
    storage: 'filesystem',
    env: { WORKER_COUNT: String(processes), LOG_LEVEL: 'ERROR' },
  });
  await deployment.startApi();
  return deployment;
}

async function besiege(url: string, attack: AttackName): Promise<Pick<Figures, 'seen' | 'answers'>> {
  const attacker = new Attacker(attack, url);
  await sleep(APPROACH_MS);
  const client = new HonestClient(url, CAT());
  await client.work(UPLOADS, LIMIT_MS);
  return { seen: client.seen, answers: await attacker.stop() };
}

function record(figures: Figures): void {
  const report = process.env.SIEGE_REPORT;
  if (report) writeFileSync(report, `${JSON.stringify(figures)}\n`, { flag: 'a' });
}
