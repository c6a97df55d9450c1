import { until } from '../support/processes.js';
import { SeededRandom } from './seeded-random.js';
import { Clients } from './clients.js';
import { FaultInjector } from './fault-injector.js';
import { expectedKeys, invalidResults, readRenders } from './assertions.js';
import { ChaosDeployment } from './chaos-deployment.js';

const given = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
/** `npm run test:chaos` sets its own; the default is the short form. */
const SEED = given('CHAOS_SEED', 20_261_122);
const UPLOADS = given('CHAOS_UPLOADS', 8);
const MINUTES = given('CHAOS_MINUTES', 3);
const CLIENTS = 3;
/** Of the time, what is kept for the renders to end and for the verdict. */
const SETTLING_MS = MINUTES * 60_000 * 0.4;

jest.setTimeout((MINUTES + 1) * 60_000);

const begin = Date.now();
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const log = (line: string): void => {
  if (!process.env.CHAOS_VERBOSE) return;
  process.stderr.write(`${((Date.now() - begin) / 1000).toFixed(1).padStart(6)} s  ${line}\n`);
};

describe(`chaos (seed ${SEED}, ${UPLOADS} uploads)`, () => {
  let environment: ChaosDeployment;
  beforeAll(async () => {
    environment = await ChaosDeployment.build(2, 2);
    await environment.start();
  });
  afterAll(() => environment.close());

  it('guarantee: every accepted render completes or fails exactly once, whichever process or server crashes', async () => {
    const clients = await Clients.of(environment, new SeededRandom(SEED + 1));
    const injector = new FaultInjector(environment, new SeededRandom(SEED), log);
    const deadline = begin + MINUTES * 60_000 - SETTLING_MS;
    injector.start();
    await clients.submit(UPLOADS, CLIENTS, deadline);
    // Failures go on until the work is done in spite of them, or it is time to let it be done.
    while (Date.now() < deadline && (await countOpen()) > 0) await pause(500);
    await injector.stop();
    log(`${await countOpen()} renders are open when the failures end`);
    const { accepted, refused, wrong } = clients.experience;
    log(`${accepted.length} accepted, ${refused} refused; ${JSON.stringify(Object.fromEntries(injector.counts))}`);
    expect(wrong).toEqual([]);
    expect(accepted).toHaveLength(UPLOADS);

    await until('every render has ended', async () => (await countOpen()) === 0, SETTLING_MS);
    const rows = await readRenders(environment);
    log(`all ${rows.length} renders have ended, after ${rows.reduce((sum, { attempt }) => sum + attempt, 0)} attempts`);
    expect(rows.filter(({ status }) => status !== 'completed')).toEqual([]);
    expect(accepted.filter((id) => !rows.some((row) => row.id === id))).toEqual([]);
    expect(environment.processes.flatMap(({ name, ownEnds }) => ownEnds.map((end) => `${name} ended: ${end}`))).toEqual(
      [],
    );

    await sweep();
    expect(await environment.deployment.storedKeys()).toEqual(expectedKeys(rows));
    expect(await invalidResults(environment, rows)).toEqual([]);
    log('each has one whole result, and nothing else is stored');
  });

  /** Renders that have not ended; as many as one likes while the database cannot be asked. */
  async function countOpen(): Promise<number> {
    const rows = await readRenders(environment).catch(() => undefined);
    return rows?.filter(({ status }) => status === 'queued' || status === 'started').length ?? Infinity;
  }

  /** As the deployment does every hour with what is a day old. */
  async function sweep(): Promise<void> {
    for (const worker of environment.workers) await worker.stop('SIGTERM');
    const [sweeper] = environment.workers;
    sweeper.start({ SWEEP_SECONDS: '1', ORPHAN_AGE_SECONDS: '1' });
    const expected = expectedKeys(await readRenders(environment)).length;
    await until('orphans are swept', async () => (await environment.deployment.storedKeys()).length <= expected);
  }
});
