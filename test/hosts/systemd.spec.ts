import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { loadConfig } from '#config';
import { temporaryFolder } from '../support/processes.js';

const root = path.resolve(__dirname, '../..');
const folder = path.join(root, 'deploy/systemd');
const units = readdirSync(folder).filter((name) => /\.(service|timer)$/.test(name));
const services = units.filter((name) => name.endsWith('.service'));
const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
const setting = (name: string, key: string): string | undefined =>
  new RegExp(`^${key}=(.*)$`, 'm').exec(read(name))?.[1];

/** systemd's scale from 0, sealed, to 10, open to everything. */
const MOST_EXPOSED = 1.5;

describe('the units', () => {
  it('start the programs that the other tests start, where they are installed', () => {
    const started = services.map((name) => [name, setting(name, 'ExecStart')]);
    const node = '/usr/bin/node /opt/pop-render/current/dist';
    expect(Object.fromEntries(started)).toEqual({
      'pop-render-api.service': `${node}/apps/api/src/main.js`,
      'pop-render-worker@.service': `${node}/apps/worker/src/main.js`,
      'pop-render-migrate.service': `${node}/apps/cli/src/main.js migrate up`,
      'pop-render-cleanup.service': `${node}/apps/cli/src/main.js cleanup old --days 90 --yes`,
    });
    for (const [, command] of started) {
      const script = path.join(root, command!.split(' ')[1].replace('/opt/pop-render/current/', ''));
      expect(() => readFileSync(script)).not.toThrow();
    }
    expect(setting('pop-render-api.service', 'ExecReload')).toBe('/bin/kill -HUP $MAINPID');
  });

  it('have the settings read by the programs, all by the same rules', () => {
    for (const name of services) {
      expect([name, setting(name, 'EnvironmentFile')]).toEqual([name, undefined]);
      expect([name, setting(name, 'Environment')]).toEqual([
        name,
        expect.stringMatching(/ POP_RENDER_ENV_FILE=\/etc\/pop-render\/pop-render\.env$/),
      ]);
    }
  });

  it('hear services by their child systemd-notify, and let them end and run out of memory process by process', () => {
    const keys = ['Type', 'NotifyAccess', 'WatchdogSec', 'KillMode', 'OOMPolicy', 'RestrictAddressFamilies'];
    for (const name of ['pop-render-api.service', 'pop-render-worker@.service']) {
      expect([name, ...keys.map((key) => setting(name, key))]).toEqual([
        ...[name, 'notify', 'all', '60s', 'mixed', 'continue'],
        'AF_INET AF_INET6 AF_UNIX',
      ]);
    }
    expect(setting('pop-render-migrate.service', 'Before')).toBe('pop-render-api.service');
  });

  it('let Node compile, and run as the user that is made, who owns the settings', () => {
    const user = /^u (\S+) /m.exec(read('pop-render.sysusers.conf'))![1];
    for (const name of services) {
      expect([name, setting(name, 'MemoryDenyWriteExecute')]).toEqual([name, undefined]);
      expect([name, setting(name, 'User')]).toEqual([name, user]);
    }
    expect(read('pop-render.tmpfiles.conf')).toMatch(
      new RegExp(`^z /etc/pop-render/pop-render\\.env 0600 ${user} ${user} `, 'm'),
    );
  });

  it('give services the time that their shutdown may take', () => {
    const { shutdownGraceSeconds, shutdownDelaySeconds } = loadConfig(example());
    for (const name of ['pop-render-api.service', 'pop-render-worker@.service']) {
      const seconds = Number(/^(\d+)s$/.exec(setting(name, 'TimeoutStopSec')!)![1]);
      expect(seconds).toBeGreaterThan(shutdownGraceSeconds + shutdownDelaySeconds + 10);
    }
  });

  it('come with an example of the settings that is valid and leaves the ports to the workers', () => {
    expect(loadConfig(example()).api).toMatchObject({ port: 8089, processes: 2 });
    expect(Object.keys(example())).not.toContain('WORKER_PORT');
    const worker = loadConfig({ ...example(), WORKER_PORT: '8094', WORKER_NAME: 'host:worker-4' }).worker;
    expect(worker).toMatchObject({ port: 8094, name: 'host:worker-4' });
    expect(read('pop-render-worker@.service')).toContain('WORKER_NAME=%l:worker-%i WORKER_PORT=809%i');
  });
});

describe('systemd', () => {
  let copies: string;
  let removeCopies: () => Promise<void>;

  beforeAll(async () => {
    [copies, removeCopies] = await temporaryFolder();
    // What is installed elsewhere need not be here.
    for (const name of units) {
      const copy = read(name).replace(/^ExecStart=.*$/m, 'ExecStart=/bin/true');
      writeFileSync(path.join(copies, name), copy);
      if (name.includes('@.')) writeFileSync(path.join(copies, name.replace('@.', '@1.')), copy);
    }
  });
  afterAll(() => removeCopies());

  const names = units.map((name) => name.replace('@.', '@1.'));

  it('accepts every unit', () => {
    const verify = (name: string) =>
      spawnSync('systemd-analyze', ['verify', '--man=no', path.join(copies, name)], { encoding: 'utf8' });
    for (const name of names) expect([name, verify(name).status, verify(name).stderr]).toEqual([name, 0, '']);
    writeFileSync(path.join(copies, 'wrong.service'), read('pop-render-api.service').replace('KillMode=', 'KilMode='));
    expect(verify('wrong.service').stderr).toContain('KilMode');
  });

  it.each(['pop-render-api.service', 'pop-render-worker@1.service'])(
    'takes the drop-in that allows a sandbox for %s, and sees only namespaces and mounts opened',
    (name) => {
      const opened = name.replace('pop-render', 'opened');
      const unit = readFileSync(path.join(copies, name), 'utf8');
      writeFileSync(path.join(copies, opened), `${unit}\n${read('pop-render-sandbox.conf')}`);
      const analyze = (...args: string[]) => spawnSync('systemd-analyze', args, { encoding: 'utf8' });
      const file = path.join(copies, opened);
      expect(analyze('verify', '--man=no', file)).toMatchObject({ status: 0, stderr: '' });
      const exposed = (of: string): string[] =>
        [...analyze('security', '--offline=true', of).stdout.matchAll(/✗ (\S+)/g)].map(([, setting]) => setting);
      const before = exposed(path.join(copies, name));
      const more = exposed(file).filter((setting) => !before.includes(setting));
      expect(
        more.filter((setting) => !/^(RestrictNamespaces|SystemCallFilter|RestrictAddressFamilies)=/.test(setting)),
      ).toEqual([]);
      expect(more).toContain('RestrictNamespaces=~user');
      expect(more).not.toContain('SystemCallFilter=~@debug');
    },
  );

  it.each(names.filter((name) => name.endsWith('.service')))('calls %s little exposed', (name) => {
    const report = execFileSync('systemd-analyze', ['security', '--offline=true', path.join(copies, name)], {
      encoding: 'utf8',
    });
    const level = Number(/Overall exposure level for \S+: ([\d.]+)/.exec(report)![1]);
    expect(level).toBeLessThanOrEqual(MOST_EXPOSED);
  });
});

function example(): NodeJS.ProcessEnv {
  return parseEnv(read('pop-render.env.example'));
}
