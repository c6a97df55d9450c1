import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { ConfigurationError } from '#core';
import { TempDirectory } from '../temp/temp-directory.js';
import { childEnvironment } from '../processes/child-environment.js';
import { inputPath, outputPath } from '../processes/task-files.js';
import { WorkFolder } from '../processes/work-folder.js';
import { isInstalled } from './limits.js';
import { NO_SANDBOX, PROTECTIONS, type Protection, type Sandbox, type SandboxMode } from './sandbox.js';
import { account, bubblewrap, namespaces, privileges } from './sandboxes.js';
import { nextUser } from './sandbox-user.js';

const TRIAL_MS = 30_000;
const run = promisify(execFile);

/** What is to be run in a sandbox. */
export interface SandboxTarget {
  /** Script of the process. */
  readonly entry: string;
  /** Packages with native code that it loads. */
  readonly packages?: readonly string[];
}

/** The best sandbox that works here. */
export interface ChosenSandbox {
  readonly sandbox: Sandbox;
  /** What this machine does not allow. */
  readonly missing: readonly Protection[];
  /** Why the better ones do not work. */
  readonly refused: readonly { readonly name: string; readonly reason: string }[];
}

const chosen = new Map<string, Promise<ChosenSandbox>>();

/**
 * Finds by trial how far a process can be confined on this machine, which costs some tenths of a second; asked again, it
 * is known.
 * @throws ConfigurationError with mode `required` when not every protection can be had
 */
export function chooseSandbox(mode: SandboxMode, target: SandboxTarget): Promise<ChosenSandbox> {
  const key = JSON.stringify([mode, target]);
  const known = chosen.get(key) ?? choose(mode, target);
  chosen.set(key, known);
  // The reason may pass.
  known.catch(() => chosen.delete(key));
  return known;
}

async function choose(mode: SandboxMode, target: SandboxTarget): Promise<ChosenSandbox> {
  const refused: ChosenSandbox['refused'][number][] = [];
  for (const sandbox of mode === 'off' ? [] : candidates()) {
    const missing = missingIn(sandbox);
    if (mode === 'required' && missing.length > 0) continue;
    const reason = await trial(sandbox, target);
    if (reason === undefined) return { sandbox, missing, refused };
    refused.push({ name: sandbox.name, reason });
  }
  if (mode === 'required') {
    const tried = refused.map(({ name, reason }) => `${name}: ${reason}`).join('; ') || 'none exists for this system';
    const message = `SANDBOX is required, and no sandbox works here (${tried})`;
    throw new ConfigurationError(message, [{ field: 'SANDBOX', message }]);
  }
  return { sandbox: NO_SANDBOX, missing: missingIn(NO_SANDBOX), refused };
}

/** The best first. */
function candidates(): Sandbox[] {
  if (process.platform !== 'linux' || !isInstalled('setpriv') || !isInstalled('prlimit')) return [];
  const isRoot = process.getuid?.() === 0;
  const makers = [...(isInstalled('bwrap') ? [bubblewrap] : []), ...(isInstalled('unshare') ? [namespaces] : [])];
  return [
    ...(isRoot ? makers.map((make) => make({ changesUser: true })) : []),
    ...makers.map((make) => make({ changesUser: false })),
    ...(isRoot ? [account] : []),
    privileges(isRoot),
  ];
}

function missingIn({ protections }: Sandbox): Protection[] {
  return (Object.keys(PROTECTIONS) as Protection[]).filter((name) => !protections.includes(name));
}

/** @returns why it does not work; undefined when it does */
async function trial(sandbox: Sandbox, target: SandboxTarget): Promise<string | undefined> {
  const scratch = TempDirectory.open('sandbox');
  try {
    const user = sandbox.changesUser ? nextUser() : undefined;
    const folder = await WorkFolder.create(scratch.path, user);
    const photo = path.join(scratch.path, 'photo');
    writeFileSync(photo, 'trial', { mode: 0o600 });
    await folder.give({ inputs: { trial: photo } });
    const program = { entry: target.entry, folder: folder.path, user, script: trialScript(sandbox, target, folder) };
    const [file, ...args] = sandbox.command(program);
    await run(file, args, { cwd: folder.path, env: childEnvironment(), timeout: TRIAL_MS, killSignal: 'SIGKILL' });
    const written = path.join(scratch.path, 'written');
    await folder.take({ outputs: { trial: written } });
    return readFileSync(written, 'utf8') === 'trial' ? undefined : 'what is written in it is lost';
  } catch (error) {
    return describe(error as Error & { stderr?: string });
  } finally {
    scratch.close();
  }
}

/** Does what a child process has to do, and makes sure of what it must not be able to do. */
function trialScript(
  { protections, forks }: Sandbox,
  { entry, packages = [] }: SandboxTarget,
  folder: WorkFolder,
): string {
  const checks = {
    files: `if (fs.existsSync(${JSON.stringify(folder.path)})) throw new Error('files are visible')`,
    network: `if (Object.keys(os.networkInterfaces()).some((name) => name !== 'lo')) throw new Error('network is up')`,
    processes: forks
      ? `if (process.ppid > 1) throw new Error('processes are visible')`
      : `try { process.kill(process.ppid, 0); fs.x() } catch (error) { if (error.code !== 'EPERM') throw new Error('processes are in reach') }`,
  };
  return [
    `const [fs, os, { createRequire }] = ['fs', 'os', 'module'].map((name) => require('node:' + name))`,
    `fs.readFileSync(${JSON.stringify(entry)})`,
    `for (const name of ${JSON.stringify(packages)}) createRequire(${JSON.stringify(entry)})(name)`,
    `fs.writeFileSync('${outputPath('trial')}', fs.readFileSync('${inputPath('trial')}'))`,
    ...Object.entries(checks)
      .filter(([name]) => protections.includes(name as Protection))
      .map(([, check]) => check),
  ].join('\n');
}

function describe(error: Error & { stderr?: string }): string {
  const lines = (error.stderr ?? error.message).split('\n').filter((line) => line.trim() !== '');
  const telling = lines.find((line) => /^\w*Error: |: .*(denied|permitted|No such|failed)/.test(line));
  return (telling ?? lines[0] ?? error.message).trim().slice(0, 200);
}
