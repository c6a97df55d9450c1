// `npm test`: lints, type-checks, builds, then runs every ring of tests against real servers started for this run, on
// free ports and temporary folders. Ends with the line "N passed, N failed".
//
//   npm test                      everything
//   npm test -- libs/storage e2e  only test files whose path matches; no lint
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ensureBuilt, ensureInstalled, root } from '../apps/embedded/prepare.mjs';
import { ensureSystemTools } from './system-tools.mjs';

const patterns = process.argv.slice(2);
const bin = (name) => path.join(root, 'node_modules/.bin', name);
const scratch = mkdtempSync(path.join(tmpdir(), 'pop-render-test-'));
const stops = [() => rmSync(scratch, { recursive: true, force: true })];

async function main() {
  ensureInstalled();
  const redisServer = ensureSystemTools();
  const sources = patterns.length === 0 ? checkSources() : undefined;
  sources?.catch(() => undefined); // Reported where it is awaited.
  ensureBuilt();
  const servers = { ...(await startPostgres()), ...(await startRedis(redisServer)), ...(await startS3()) };
  if (redisServer) servers.TEST_REDIS_SERVER = redisServer;
  // Beside each other: the tests wait at times, the checks never do. Sources that fail end the tests too.
  const [result] = await Promise.all([
    runJest({ ...process.env, ...servers, TMPDIR: scratch, NODE_OPTIONS: '' }),
    sources,
  ]);
  return result;
}

/** Lint, beside it format, import directions and types, and words; and beside them the build. */
async function checkSources() {
  console.log('== Sources');
  const checks = ['lint:code', 'lint:form', 'lint:words'].map((script) => {
    const check = spawn('npm', ['run', script, '--silent'], { cwd: root, stdio: 'inherit' });
    stops.push(() => check.kill());
    return new Promise((resolve) => check.once('exit', resolve));
  });
  if ((await Promise.all(checks)).some((status) => status !== 0)) throw new Error('Lint found errors in the sources');
}

async function startPostgres() {
  const { PostgresServer } = await import('../dist/apps/embedded/src/postgres-server.js');
  const server = await PostgresServer.start(path.join(scratch, 'postgres'), { application: 'test', admin: 'test' });
  stops.push(() => server.stop());
  await prepareTemplates(server.administration);
  return {
    TEST_DB_HOST: server.administration.host,
    TEST_DB_PORT: String(server.administration.port),
    TEST_DB_PASSWORD: 'test',
  };
}

/** Databases that are copied for the tests, each migrated once. */
async function prepareTemplates(administration) {
  const [{ migrateUp }, { migratePostgresQueue }, { default: pg }] = await Promise.all(
    ['../dist/migrations/migrate.js', '#queue', 'pg'].map((name) => import(name)),
  );
  const { host, port, user, password } = administration;
  const admin = new pg.Client({ host, port, user, password, database: 'postgres' });
  const template = (name) => ({ ...administration, name, pool: { min: 0, max: 2 } });
  await admin.connect();
  try {
    // Nothing of this server is to outlive the run; servers that tests kill are their own.
    await admin.query('ALTER SYSTEM SET fsync = off');
    await admin.query('SELECT pg_reload_conf()');
    await admin.query('CREATE DATABASE migrated');
    await migrateUp(template('migrated'));
    await admin.query('CREATE DATABASE migrated_with_queue TEMPLATE migrated');
    await migratePostgresQueue(template('migrated_with_queue'));
  } finally {
    await admin.end();
  }
}

async function startRedis(executable) {
  if (process.env.REDIS_HOST) {
    return { TEST_REDIS_HOST: process.env.REDIS_HOST, TEST_REDIS_PORT: process.env.REDIS_PORT ?? '6379' };
  }
  const port = await freePort();
  await startProcess(
    executable,
    ['--port', port, '--bind', '127.0.0.1', '--save', '', '--dir', scratch],
    /Ready to accept connections/,
  );
  return { TEST_REDIS_HOST: '127.0.0.1', TEST_REDIS_PORT: String(port) };
}

async function startS3() {
  const port = await freePort();
  await startProcess(
    process.execPath,
    [path.join(root, 'test/support/s3-server.mjs'), port, path.join(scratch, 's3')],
    /listening/,
  );
  return { TEST_S3_ENDPOINT: `127.0.0.1:${port}` };
}

function startProcess(command, args, ready) {
  const child = spawn(command, args.map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  stops.push(
    () =>
      new Promise((resolve) => {
        if (child.exitCode !== null) return resolve();
        child.once('exit', resolve);
        child.kill('SIGTERM');
      }),
  );
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (ready.test(output)) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}: ${output}`)));
  });
}

async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function runJest(env) {
  console.log('== Tests');
  const report = path.join(scratch, 'report.json');
  // One more than the processors of the smallest machine: many tests wait for locks and leases to run out.
  const args = ['-c', 'test/jest.config.mjs', '--maxWorkers=3', '--json', `--outputFile=${report}`, ...patterns];
  // A process group of its own: whatever the tests have started goes with it, even when the run is cut short.
  const child = spawn(bin('jest'), args, { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'], detached: true });
  stops.push(() => killGroup(child.pid));
  const code = await new Promise((resolve) => child.once('exit', resolve));
  const { numPassedTests, numFailedTests, numFailedTestSuites, numRuntimeErrorTestSuites } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  // A file that does not load has failed, though none of its tests ran.
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  return { passed: numPassedTests, failed: failed || (code === 0 && numFailedTestSuites === 0 ? 0 : 1) };
}

function killGroup(id) {
  try {
    process.kill(-id, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // Gone already, as it should be.
  }
}

async function stopAll() {
  for (const stop of stops.reverse()) await stop();
  stops.length = 0;
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stopAll().then(() => process.exit(130)));

let result;
try {
  result = await main();
} catch (error) {
  console.error(error.message);
  result = { passed: 0, failed: 1 };
}
await stopAll();
console.log(`${result.passed} passed, ${result.failed} failed`);
process.exit(result.failed === 0 ? 0 : 1);
