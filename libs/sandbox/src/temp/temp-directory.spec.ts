import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { removeFolder } from './remove-folder.js';
import { staleDirectories, removeStaleDirectory, TempDirectory } from './temp-directory.js';

const NOBODY = 65_534;
/** Acting as another user needs the right to become one. */
const itAsRoot = process.getuid?.() === 0 ? it : it.skip;

describe('ScratchFolder', () => {
  let parent: string;
  // Not below TMPDIR, which is closed to other users when all tests are run.
  beforeEach(() => (parent = mkdtempSync('/tmp/scratch-spec-')));
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  it('removes a job folder when its work ends, well or badly', async () => {
    const scratch = TempDirectory.open('spec', parent);
    const seen = await scratch.use(async (folder) => {
      await writeFile(path.join(folder, 'x'), 'x');
      return folder;
    });
    expect(existsSync(seen)).toBe(false);
    await expect(scratch.use(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(readdirSync(scratch.path)).toEqual([]);
    scratch.close();
    expect(readdirSync(parent)).toEqual([]);
  });

  it('removes the folder of a process before it that had its number, as in a container that restarts', () => {
    mkdirSync(path.join(parent, `pop-render-spec-${hostname()}-${process.pid}-aaaaaa`), 0o700);
    const first = TempDirectory.open('spec', parent);
    const second = TempDirectory.open('spec', parent);
    expect(readdirSync(parent).sort()).toEqual([first, second].map((each) => path.basename(each.path)).sort());
  });

  it("removes a dead process's folder and leaves a living one's", () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    mkdirSync(path.join(parent, `pop-render-spec-${hostname()}-${dead}-aaaaaa`), 0o700);
    const living = `pop-render-spec-${hostname()}-${process.ppid}-bbbbbb`;
    mkdirSync(path.join(parent, living), 0o700);
    mkdirSync(path.join(parent, `pop-render-other-${hostname()}-${dead}-cccccc`), 0o700);
    const scratch = TempDirectory.open('spec', parent);
    expect(readdirSync(parent).sort()).toEqual(
      [living, `pop-render-other-${hostname()}-${dead}-cccccc`, path.basename(scratch.path)].sort(),
    );
  });

  describe('at what another user has put in the way', () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    const abandoned = (): string => path.join(parent, `pop-render-spec-${hostname()}-${dead}-aaaaaa`);
    let precious: string;
    beforeEach(() => {
      precious = path.join(parent, 'precious');
      mkdirSync(precious, 0o700);
      writeFileSync(path.join(precious, 'file'), 'x');
      chmodSync(parent, 0o1777);
    });

    it('removes neither links nor folders that others may enter, and starts', () => {
      symlinkSync(precious, abandoned());
      const open = abandoned().replace('aaaaaa', 'bbbbbb');
      mkdirSync(open);
      chmodSync(open, 0o755);
      writeFileSync(path.join(open, 'file'), 'x');
      writeFileSync(abandoned().replace('aaaaaa', 'cccccc'), 'a file');
      const before = readdirSync(parent);
      TempDirectory.open('spec', parent).close();
      expect(readdirSync(parent)).toEqual(before);
      expect([existsSync(path.join(open, 'file')), existsSync(path.join(precious, 'file'))]).toEqual([true, true]);
      expect(staleDirectories(parent)).toEqual([]);
    });

    itAsRoot("guarantee: the cleanup of temporary folders touches no other user's", () => {
      // A folder of that user could be exchanged for a link at any moment of its removal.
      const script = `mkdir -m 700 ${abandoned()} && echo x > ${abandoned()}/file`;
      expect(spawnSync('sh', ['-c', script], { uid: NOBODY, gid: NOBODY, cwd: '/' }).status).toBe(0);
      TempDirectory.open('spec', parent).close();
      expect(removeStaleDirectory(abandoned())).toBe(false);
      expect([existsSync(path.join(abandoned(), 'file')), staleDirectories(parent)]).toEqual([true, []]);
    });

    it('removes what it has looked at, not what has its name meanwhile', () => {
      mkdirSync(path.join(abandoned(), 'job'), { recursive: true, mode: 0o700 });
      writeFileSync(path.join(abandoned(), 'job/photo'), 'x');
      symlinkSync(precious, path.join(abandoned(), 'link'));
      const moved = path.join(parent, 'moved');
      const exchange = (): boolean => {
        renameSync(abandoned(), moved);
        symlinkSync(precious, abandoned());
        return true;
      };
      expect(() => removeFolder(abandoned(), exchange)).toThrow(/ENOTDIR/);
      expect([readdirSync(precious), readdirSync(moved)]).toEqual([['file'], []]);
      expect(removeFolder(moved)).toBe(true);
      expect([removeFolder(moved), existsSync(moved)]).toEqual([true, false]);
      expect(() => removeFolder(abandoned())).toThrow(/ELOOP|ENOTDIR/);
      expect(readdirSync(precious)).toEqual(['file']);
    });
  });

  it('starts though the temporary folder may not be listed', () => {
    mkdirSync(path.join(parent, `pop-render-spec-${hostname()}-${process.ppid}-aaaaaa`), 0o700);
    chmodSync(parent, 0o311);
    const scratch = TempDirectory.open('spec', parent);
    expect(existsSync(scratch.path)).toBe(true);
    scratch.close();
    chmodSync(parent, 0o700);
  });
});
