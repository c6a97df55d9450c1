import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import path from 'node:path';
import { chooseSandbox } from '#sandbox';
import { IsolatedProcess } from '../../libs/sandbox/src/processes/isolated-process.js';
import { NO_SANDBOX, type Sandbox } from '../../libs/sandbox/src/confinement/sandbox.js';
import { account, bubblewrap, namespaces, privileges } from '../../libs/sandbox/src/confinement/sandboxes.js';
import { nextUser } from '../../libs/sandbox/src/confinement/sandbox-user.js';
import { WorkFolder } from '../../libs/sandbox/src/processes/work-folder.js';
import { childrenOf, temporaryFolder, until } from '../support/processes.js';

const ENTRY = path.join(__dirname, '../fixtures/hostile-process.mjs');
const SECRET = 'the secret of another process';
const isRoot = process.getuid?.() === 0;

let folder: string;
let removeFolder: () => Promise<void>;
let photo: string;
let database: Server;
let port: number;
let owner: ChildProcess;

beforeAll(async () => {
  [folder, removeFolder] = await temporaryFolder();
  photo = path.join(folder, 'photo-of-another');
  await writeFile(photo, SECRET, { mode: 0o600 });
  database = createServer((socket) => socket.end());
  await new Promise<void>((resolve) => database.listen(0, '127.0.0.1', resolve));
  ({ port } = database.address() as AddressInfo);
  // A process of the same user with a secret, such as the parent would be if it had one.
  owner = spawn('sleep', ['600'], { env: { PATH: process.env.PATH, DB_PASSWORD: SECRET }, stdio: 'ignore' });
});
afterAll(async () => {
  owner.kill('SIGKILL');
  await new Promise((resolve) => database.close(resolve));
  await removeFolder();
});

/** The sandboxes that may be tried here. As root all of them are. */
const SANDBOXES: [string, Sandbox][] = [
  ...(isRoot
    ? ([
        ['bubblewrap with a user of its own', bubblewrap({ changesUser: true })],
        ['namespaces with a user of its own', namespaces({ changesUser: true })],
        ['account', account],
      ] satisfies [string, Sandbox][])
    : []),
  ['bubblewrap', bubblewrap({ changesUser: false })],
  ['namespaces', namespaces({ changesUser: false })],
  ['privileges', privileges(isRoot)],
  ['none', NO_SANDBOX],
];

describe.each(SANDBOXES)('the sandbox "%s"', (_name, sandbox) => {
  let child: IsolatedProcess;
  beforeAll(async () => {
    const user = sandbox.changesUser ? nextUser() : undefined;
    const work = await WorkFolder.create(folder, user);
    child = new IsolatedProcess({ entry: ENTRY, sandbox, folder: work, user });
  });
  afterAll(() => child.kill());

  const holds = (protection: Sandbox['protections'][number]): boolean => sandbox.protections.includes(protection);

  async function attack(name: string, target: object = {}): Promise<unknown> {
    const outcome = await child.execute(
      { attack: name, ...target },
      {},
      { timeLimitMs: 20_000 },
      (result) => (result as { got: unknown }).got,
    );
    if (outcome.kind === 'failed') throw outcome.error;
    return outcome.result;
  }

  it('reveals no secret of another process, unless it does not isolate processes', async () => {
    // Root without its capabilities has no right to look into a process that has them.
    const mayLook = !holds('processes') && !(isRoot && holds('privileges'));
    expect((await attack('read environments', { wanted: SECRET })) === true).toBe(mayLook);
    expect((await attack('read memory', { parent: process.pid })) === 'read').toBe(mayLook);
  });

  it('shows no photo of another, and nothing else of its parent', async () => {
    const read = await attack('read file', { path: photo });
    expect(read === SECRET).toBe(!holds('files') && !sandbox.changesUser);
    if (!holds('files')) return;
    expect(await attack('list folder', { path: folder })).toBe('ENOENT');
    // The application and Node may be anywhere: of the folders above them only the way to them is there.
    const [application, node] = [path.resolve(__dirname, '../..'), process.execPath].map((place) => place.split('/'));
    const shown = String(await attack('list folder', { path: '/' })).split(',');
    const tops = shown.filter((name) => ['home', 'root', 'tmp', 'var'].includes(name));
    for (const top of tops) {
      const within = [application, node].filter((place) => place[1] === top).map((place) => place[2]);
      expect(within).toEqual(
        expect.arrayContaining(String(await attack('list folder', { path: `/${top}` })).split(',')),
      );
    }
    expect(await attack('read file', { path: '/etc/passwd' })).toBe('ENOENT');
  });

  it('lets nothing be written outside, and no photo be changed', async () => {
    const places = [path.join(folder, 'harm'), path.join(__dirname, '../../dist/harm.js')];
    if (holds('files')) places.push('/usr/harm', '/task/harm', '/harm');
    for (const place of sandbox.changesUser || holds('files') ? places : []) {
      expect([place, await attack('write file', { path: place })]).toEqual([
        place,
        expect.stringMatching(/ENOENT|EROFS|EACCES/),
      ]);
    }
    await child.folder.give({ inputs: { photo } });
    if (holds('files')) expect(await attack('change photo')).toMatch(/EROFS|EACCES/);
    expect(await child.folder.clear()).toBe(true);
  });

  it('reaches no server', async () => {
    expect((await attack('connect', { port })) === 'connected').toBe(!holds('network'));
  });

  it('reaches no other process', async () => {
    expect((await attack('signal parent', { parent: process.pid })) === true).toBe(!holds('processes'));
  });

  it('gets no privileges', async () => {
    expect((await attack('chown a file')) === 'done').toBe(isRoot && !holds('privileges'));
  });

  it('writes no endless file', async () => {
    const written = await attack('write much');
    expect(written).toBe(sandbox === NO_SANDBOX ? 'done' : 'EFBIG');
  });

  it('limits the number of processes, and all end with it', async () => {
    const started = (await attack('start processes', { count: 300 })) as number;
    if (holds('limits') && (isRoot ? sandbox.changesUser : true)) expect(started).toBeLessThan(256);
    await child.kill();
    if (sandbox.forks) await until('all are gone', async () => (await childrenOf(process.pid)).length === 1);
  });
});

describe('choosing a sandbox', () => {
  it('takes the best that works here, and none when none is wanted', async () => {
    expect(await chooseSandbox('auto', { entry: ENTRY })).toMatchObject({ missing: [], refused: [] });
    expect((await chooseSandbox('off', { entry: ENTRY })).sandbox).toBe(NO_SANDBOX);
  });

  it('reports why none works, and refuses to run without one when it is required', async () => {
    const target = { entry: ENTRY, packages: ['no-such-package'] };
    const { sandbox, missing, refused } = await chooseSandbox('auto', target);
    expect([sandbox, missing]).toEqual([NO_SANDBOX, ['privileges', 'files', 'network', 'processes', 'limits']]);
    expect(refused.map(({ name }) => name)).toEqual(expect.arrayContaining(['bubblewrap', 'namespaces', 'privileges']));
    for (const { reason } of refused) expect(reason).toContain('no-such-package');
    await expect(chooseSandbox('required', target)).rejects.toMatchObject({
      code: 'invalid_configuration',
      details: [{ field: 'SANDBOX', message: expect.stringContaining('no-such-package') }],
    });
  });
});
