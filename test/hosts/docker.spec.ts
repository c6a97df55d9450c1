import { execFile, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { ValidationSeverity, validate } from 'dockerfile-utils';
import { parse } from 'yaml';
import { SETTINGS } from '../../libs/config/src/settings.js';
import { deployApi } from '../support/deployment.js';
import { temporaryFolder } from '../support/processes.js';

const root = path.resolve(__dirname, '../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const dockerfile = read('docker/Dockerfile');

interface ComposeService {
  readonly command?: string[];
  readonly volumes?: string[];
  readonly environment?: Record<string, string>;
  readonly [field: string]: unknown;
}
interface Compose {
  readonly 'x-settings': Record<string, string>;
  readonly services: Record<string, ComposeService>;
}
const compose = parse(read('docker/compose.yaml'), { merge: true }) as Compose;

/** What a target of the Dockerfile runs, and how its health is asked. */
function commandsOf(target: string): { run: string[]; health: string[] } {
  const stages = dockerfile.split(/^(?=FROM )/m);
  const stage = stages.find((text) => new RegExp(`^FROM \\S+ AS ${target}$`, 'm').test(text))!;
  // The health check is written in two lines, so that its command begins one too.
  const commands = [...stage.matchAll(/^ *CMD (\[.+\])$/gm)].map(([, list]) => JSON.parse(list) as string[]);
  expect(commands).toHaveLength(2);
  return { health: commands[0], run: commands[1] };
}

describe('the Dockerfile', () => {
  it('passes the linter', () => {
    const strict = { casePreferenceKeyword: 'UPPER' as never, emptyContinuationLine: ValidationSeverity.ERROR };
    expect(validate(dockerfile, { ...strict, instructionJSONInSingleQuotes: ValidationSeverity.ERROR })).toEqual([]);
    expect(validate(dockerfile.replace('WORKDIR', 'WORKDRI'))).not.toEqual([]);
  });

  it('has the tool that makes the sandbox', () => expect(dockerfile).toMatch(/apt-get install .*\bbubblewrap\b/));

  it('runs as an unprivileged user, with labels and a signal to stop', () => {
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^STOPSIGNAL SIGTERM$/m);
    for (const name of ['title', 'version', 'revision', 'created']) {
      expect(dockerfile).toContain(`org.opencontainers.image.${name}=`);
    }
  });

  it("takes from the build what runs, with the operator's command on the PATH", () => {
    const taken = [...dockerfile.matchAll(/^COPY --from=build \/app\/(\S+) /gm)].map(([, source]) => source);
    expect(taken).toEqual(['package.json', 'node_modules', 'dist', 'sbom.cdx.json']);
    const { bin } = JSON.parse(read('package.json')) as { bin: Record<string, string> };
    expect(dockerfile).toContain(`ln -s /app/${bin['pop-render']} /usr/local/bin/pop-render`);
    expect(() => accessSync(path.join(root, bin['pop-render']), constants.X_OK)).not.toThrow();
    const { include } = JSON.parse(read('tsconfig.build.json')) as { include: string[] };
    for (const source of new Set(include.map((pattern) => pattern.split('/')[0]))) {
      expect(dockerfile).toContain(`\nCOPY ${source} ${source}\n`);
    }
  });

  it.each([
    ['api', 'dist/apps/api/src/main.js', 'e2e/startup.spec.ts'],
    ['worker', 'dist/apps/worker/src/main.js', 'support/deployment.ts'],
    ['all-in-one', 'dist/apps/embedded/src/main.js', '../apps/embedded/start.mjs'],
  ])('starts in %s the program that other tests start', (target, script, startedBy) => {
    expect(commandsOf(target).run).toEqual(['node', script]);
    expect(existsSync(path.join(root, script))).toBe(true);
    expect(read(path.join('test', startedBy))).toContain(path.basename(path.dirname(script)));
  });

  it('copies only what .dockerignore lets into the build', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources]) => sources.split(' '));
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => new RegExp(`^${line.slice(1).replaceAll('.', '\\.').replaceAll('*', '.*')}$`));
    expect(copied).not.toEqual([]);
    for (const source of copied) {
      expect([source, existsSync(path.join(root, source))]).toEqual([source, true]);
      expect([source, allowed.some((pattern) => pattern.test(source))]).toEqual([source, true]);
    }
  });

  it('asks a running API for its health, and learns when there is none', async () => {
    const [deployment] = await deployApi({ queue: 'postgres', storage: 'filesystem' });
    const ask = async (port: string): Promise<number> => {
      const [command, ...args] = commandsOf('api').health;
      expect(command).toBe('node');
      return promisify(execFile)(process.execPath, args, { env: { ...process.env, API_PORT: port } }).then(
        () => 0,
        (error: { code: number }) => error.code,
      );
    };
    try {
      expect(await ask(deployment.env.API_PORT)).toBe(0);
      expect(await ask('1')).toBe(1);
    } finally {
      await deployment.close();
    }
    const inWorker = commandsOf('worker').health.map((text) => text.replace('WORKER_PORT || 8090', 'API_PORT || 8089'));
    expect(inWorker).toEqual(commandsOf('api').health);
    expect(commandsOf('all-in-one').health).toEqual(commandsOf('api').health);
  });
});

describe('docker/compose.yaml', () => {
  it('follows the specification of Compose', async () => {
    // Order and quotes are a matter of taste, and an image that is built here may have a name.
    const options = ['--quiet', '--formatter', 'stylish', '--disable-rule', 'no-build-and-image'];
    const lint = (file: string) =>
      spawnSync(process.execPath, ['node_modules/.bin/dclint', file, ...options], { cwd: root, encoding: 'utf8' });
    const { status, stdout, stderr } = lint('docker/compose.yaml');
    expect([status, stdout, stderr]).toEqual([0, expect.any(String), '']);

    const [folder, removeFolder] = await temporaryFolder();
    const wrong = path.join(folder, 'compose.yaml');
    writeFileSync(wrong, read('docker/compose.yaml').replace('mem_limit', 'mem_limits'));
    expect([lint(wrong).status, lint(wrong).stdout]).toEqual([1, expect.stringContaining('additional properties')]);
    await removeFolder();
  });

  it('knows every setting it gives, and gives every one that the chart gives', () => {
    const known = [...SETTINGS.keys()];
    const secrets = ['DB_PASSWORD', 'MINIO_ENDPOINT', 'MINIO_ACCESS_KEY', 'MINIO_SECRET_KEY', 'MINIO_PUBLIC_ENDPOINT'];
    const given = Object.keys(compose['x-settings']);
    expect(given.filter((name) => !known.includes(name) && !secrets.includes(name))).toEqual([]);
    const { config } = parse(read('helm/values.yaml')) as { config: Record<string, unknown> };
    expect(Object.keys(config).filter((name) => !given.includes(name))).toEqual([]);
    for (const name of ['migrate', 'api', 'worker']) {
      expect(compose.services[name].environment).toEqual(compose['x-settings']);
    }
  });

  it('runs the migration that the chart runs, and mounts only what there is', () => {
    expect(compose.services.migrate.command).toEqual(['node', 'dist/apps/cli/src/main.js', 'migrate', 'up']);
    const mounted = Object.values(compose.services)
      .flatMap(({ volumes = [] }) => volumes)
      .map((volume) => volume.split(':')[0])
      .filter((source) => source.startsWith('.'));
    expect(mounted.length).toBeGreaterThan(3);
    // Rules, dashboards and what Prometheus and Grafana read come with the monitoring.
    const ours = mounted.filter((source) => !source.includes('monitoring'));
    for (const source of ours) expect([source, existsSync(path.join(root, 'docker', source))]).toEqual([source, true]);
  });

  it('closes the containers of the service, and gives them the time that their shutdown may take', () => {
    for (const name of ['migrate', 'api', 'worker']) {
      expect([name, compose.services[name]]).toEqual([
        name,
        expect.objectContaining({
          read_only: true,
          tmpfs: ['/tmp'],
          cap_drop: ['ALL'],
          security_opt: ['no-new-privileges:true'],
        }),
      ]);
    }
    for (const name of ['api', 'worker']) {
      const seconds = Number(/^(\d+)s$/.exec(compose.services[name].stop_grace_period as string)![1]);
      expect(seconds).toBeGreaterThanOrEqual(Number(SETTINGS.get('SHUTDOWN_GRACE_SECONDS')!.default) + 10);
    }
  });

  it('starts servers that listen where they are asked, keep every job, and read what is mounted', () => {
    const { s3, redis, prometheus, grafana } = compose.services;
    const mounted = ({ volumes }: ComposeService, source: string) =>
      volumes!.find((volume) => volume.startsWith(source))!.split(':')[1];
    const { MINIO_ENDPOINT: endpoint } = compose['x-settings'];
    expect(s3.command).toContain(`-s3.port=${endpoint.split(':')[1]}`);
    expect(s3.command).toContain(`-s3.config=${mounted(s3, './seaweedfs-s3.json')}`);
    expect(redis.command!.join(' ')).toBe('redis-server --appendonly yes --maxmemory-policy noeviction');

    const settings = mounted(prometheus, '../deploy/monitoring/prometheus/prometheus.yml');
    expect(prometheus.command).toContain(`--config.file=${settings}`);
    const { rule_files: rules } = parse(read('deploy/monitoring/prometheus/prometheus.yml')) as {
      rule_files: string[];
    };
    const folder = path.relative(path.dirname(settings), mounted(prometheus, '../helm/monitoring/rules'));
    expect(rules).toEqual([`${folder}/*.yaml`]);
    const { providers } = parse(read('deploy/monitoring/grafana/provisioning/dashboards/pop-render.yaml')) as {
      providers: { options: { path: string } }[];
    };
    expect(providers[0].options.path).toBe(mounted(grafana, '../helm/monitoring/dashboards'));
  });

  it('gives the S3 server the keys that the services use', () => {
    const { identities } = JSON.parse(read('docker/seaweedfs-s3.json')) as {
      identities: { credentials: { accessKey: string; secretKey: string }[] }[];
    };
    const { MINIO_ACCESS_KEY: accessKey, MINIO_SECRET_KEY: secretKey } = compose['x-settings'];
    expect(identities[0].credentials).toEqual([{ accessKey, secretKey }]);
  });
});
