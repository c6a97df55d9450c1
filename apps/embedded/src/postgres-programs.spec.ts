import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { postgresPrograms } from './postgres-programs.js';

const itAsRoot = process.getuid?.() === 0 ? it : it.skip;
const NOBODY = { uid: 65_534, gid: 65_534 };

describe("PostgreSQL's programs", () => {
  let parent: string;
  let folder: string;
  let copies: string;
  /** Below /tmp, which every account may enter, unlike TMPDIR of the tests. As npm installs it for a user with a strict umask, in a folder that only they may enter. */
  beforeEach(() => {
    parent = mkdtempSync('/tmp/programs-');
    folder = path.join(parent, 'private/native');
    copies = path.join(parent, 'copies');
    for (const name of ['bin', 'lib', 'share/deep']) {
      mkdirSync(path.join(folder, name), { recursive: true, mode: 0o700 });
    }
    for (const name of ['initdb', 'postgres', 'pg_ctl']) {
      writeFileSync(path.join(folder, 'bin', name), `#!/bin/sh\ncat "$(dirname "$0")/../lib/link"\n`, { mode: 0o700 });
    }
    writeFileSync(path.join(folder, 'lib/library'), 'found', { mode: 0o600 });
    symlinkSync('library', path.join(folder, 'lib/link'));
  });
  afterEach(() => rmSync(parent, { recursive: true }));
  const installation = () => ({ folder, version: '18.0' });
  const asUnprivileged = (program: string) => spawnSync(program, { ...NOBODY, cwd: '/', encoding: 'utf8' });

  it('are run where they are by the user who has installed them', () => {
    expect(postgresPrograms(undefined, copies, installation()).initdb).toBe(path.join(folder, 'bin/initdb'));
    expect(readdirSync(parent)).toEqual(['private']);
  });

  itAsRoot('are copied once to where the account may run them, when it may not where they are', () => {
    chmodSync(parent, 0o755); // A folder that every user may enter, as /var/cache is.
    const before = process.umask(0o077);
    try {
      expect(asUnprivileged(path.join(folder, 'bin/postgres')).error).toMatchObject({ code: 'EACCES' });
      const { postgres } = postgresPrograms(NOBODY, copies, installation());
      expect(asUnprivileged(postgres)).toMatchObject({ status: 0, stdout: 'found' });
      const made = statSync(path.dirname(postgres)).ino;
      expect(postgresPrograms(NOBODY, copies, installation()).postgres).toBe(postgres);
      expect([statSync(path.dirname(postgres)).ino, readdirSync(copies)]).toEqual([made, ['postgresql-18.0']]);
    } finally {
      process.umask(before);
    }
  });

  itAsRoot('are never taken from a folder that others may change', () => {
    mkdirSync(path.join(copies, 'postgresql-18.0'), { recursive: true });
    chmodSync(path.join(copies, 'postgresql-18.0'), 0o777);
    const attempt = () => postgresPrograms(NOBODY, copies, installation());
    expect(attempt).toThrow(/only root may change.+Move this installation/);
    chmodSync(copies, 0o777);
    expect(attempt).toThrow(/copies is not a folder that only root may change/);
  });
});
