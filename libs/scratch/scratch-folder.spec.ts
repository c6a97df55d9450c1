import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { ScratchFolder } from './scratch-folder.js';

describe('ScratchFolder', () => {
  let parent: string;
  beforeEach(() => (parent = mkdtempSync(path.join(tmpdir(), 'scratch-spec-'))));
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  it('removes a job folder when its work ends, well or badly', async () => {
    const scratch = ScratchFolder.open('spec', parent);
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
    mkdirSync(path.join(parent, `pop-render-spec-${hostname()}-${process.pid}-aaaaaa`));
    const first = ScratchFolder.open('spec', parent);
    const second = ScratchFolder.open('spec', parent);
    expect(readdirSync(parent).sort()).toEqual([first, second].map((each) => path.basename(each.path)).sort());
  });

  it("removes a dead process's folder and leaves a living one's", () => {
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    mkdirSync(path.join(parent, `pop-render-spec-${hostname()}-${dead}-aaaaaa`));
    const living = `pop-render-spec-${hostname()}-${process.ppid}-bbbbbb`;
    mkdirSync(path.join(parent, living));
    mkdirSync(path.join(parent, `pop-render-other-${hostname()}-${dead}-cccccc`));
    const scratch = ScratchFolder.open('spec', parent);
    expect(readdirSync(parent).sort()).toEqual(
      [living, `pop-render-other-${hostname()}-${dead}-cccccc`, path.basename(scratch.path)].sort(),
    );
  });
});
