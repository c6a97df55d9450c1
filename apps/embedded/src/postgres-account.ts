import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, lchownSync, lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import path from 'node:path';

/** Whom PostgreSQL runs as. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The system account that PostgreSQL runs as when root starts the service: no other program shares it, so none can reach
 * the database's processes and files. The system's `postgres` and `nobody` are shared with other programs.
 */
export const ACCOUNT_NAME = 'pop-render-postgres';
const LOOKUPS = 20;
const LOOKUP_PAUSE_MS = 250;

/**
 * The account that PostgreSQL runs as; undefined: the account of this process. Root makes the account when it is missing.
 *
 * @throws Error with what to do when there is none and none can be made.
 */
export async function postgresAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  if (process.platform !== 'linux') throw new Error(`PostgreSQL cannot run as root. ${AS_ORDINARY_USER}`);
  // Another start may hold the lock of the system's list of accounts, or make the same account at this moment.
  for (let attempt = 1; ; attempt++) {
    const account = lookUp(ACCOUNT_NAME);
    if (account) return account;
    const failure = createAccount();
    if (failure !== undefined && attempt >= LOOKUPS) {
      throw new Error(
        `PostgreSQL cannot run as root, and its account ${ACCOUNT_NAME} cannot be made: ${failure}. ` +
          `Make it by hand (useradd --system --user-group ${ACCOUNT_NAME}). ${AS_ORDINARY_USER}`,
      );
    }
    if (failure !== undefined) await new Promise((resolve) => setTimeout(resolve, LOOKUP_PAUSE_MS));
  }
}

const AS_ORDINARY_USER = 'Or start the service as an ordinary user with a POP_RENDER_HOME of its own.';

function lookUp(name: string): Account | undefined {
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    const account = { uid: id('-u'), gid: id('-g') };
    return account.uid > 0 && account.gid > 0 ? account : undefined;
  } catch {
    return undefined; // No such account here.
  }
}

/** @returns what went wrong; undefined when nothing did */
function createAccount(): string | undefined {
  const options = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent'];
  const shell = ['--shell', '/usr/sbin/nologin', '--comment', 'Embedded PostgreSQL of Pop-Render'];
  const made = spawnSync('useradd', [...options, ...shell, ACCOUNT_NAME], { encoding: 'utf8' });
  if (made.error) return made.error.message;
  return made.status === 0 ? undefined : made.stderr.trim() || `useradd ended with ${made.status}`;
}

/**
 * Makes data of another account (an earlier version shared the system's `postgres`) the account's own.
 *
 * @returns false while a server still runs on the data
 */
export function adoptFolder(folder: string, account: Account): boolean {
  refuseShared(path.dirname(folder));
  const data = lstatSync(folder);
  if (!data.isDirectory()) throw new Error(`${folder} is not a folder. Move it: PostgreSQL keeps its data there.`);
  if (data.uid === 0) lchownSync(folder, account.uid, account.gid);
  else if (data.uid !== account.uid) {
    if (isInUse(folder)) return false;
    // By descriptors rather than names, and the previous owner's files alone: that account may still have processes here,
    // and what they put in the way, such as links to other files, stays whose it was.
    const from = `--from=${data.uid}`;
    const owner = `${account.uid}:${account.gid}`;
    execFileSync('chown', ['-R', '-P', '--no-dereference', from, owner, folder], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  }
  chmodSync(folder, 0o700);
  return true;
}

/** @throws Error when another than root may change what is in the folder, and have root change something else */
function refuseShared(folder: string): void {
  const { uid, mode } = statSync(folder);
  if (uid === 0 && (mode & 0o022) === 0) return;
  throw new Error(
    `${folder} may be changed by others than root. Start the service as the user whose it is, ` +
      'or name another folder by POP_RENDER_HOME.',
  );
}

/** Whether a process works in the folder, as each of a PostgreSQL does. */
function isInUse(folder: string): boolean {
  const at = path.resolve(folder);
  return readdirSync('/proc').some((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === at;
    } catch {
      return false; // It has ended meanwhile.
    }
  });
}
