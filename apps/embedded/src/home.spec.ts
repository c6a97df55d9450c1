import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openHome } from './home.js';

const itAsRoot = process.getuid?.() === 0 ? it : it.skip;
const modeOf = (file: string): number => statSync(file).mode & 0o777;

describe('the folder of an installation', () => {
  let parent: string;
  beforeEach(() => (parent = mkdtempSync(path.join(tmpdir(), 'home-'))));
  afterEach(() => rmSync(parent, { recursive: true }));

  it("is its user's alone, made now or before, and by a link too", () => {
    const before = process.umask(0o022);
    try {
      expect(modeOf(openHome(path.join(parent, 'new')))).toBe(0o700);
      for (const [name, content] of [['old', 'secrets.json'], ['empty'], ['volume', 'lost+found']]) {
        mkdirSync(path.join(parent, name), 0o755);
        if (content) writeFileSync(path.join(parent, name, content), '{}');
        expect([name, modeOf(openHome(path.join(parent, name)))]).toEqual([name, 0o700]);
      }
    } finally {
      process.umask(before);
    }
    symlinkSync('old', path.join(parent, 'link'));
    expect(openHome(path.join(parent, 'link'))).toBe(path.join(parent, 'old'));
  });

  it('is not a folder of something else, which it would close to others', () => {
    const shared = path.join(parent, 'shared');
    mkdirSync(shared);
    chmodSync(shared, 0o755);
    writeFileSync(path.join(shared, 'else'), '');
    expect(() => openHome(shared)).toThrow(/holds something else.+POP_RENDER_HOME/);
    expect(modeOf(shared)).toBe(0o755);
    chmodSync(shared, 0o700);
    expect(openHome(shared)).toBe(shared);
  });

  itAsRoot("is never another account's when root starts the service", () => {
    const foreign = path.join(parent, 'foreign');
    mkdirSync(foreign, 0o700);
    chownSync(foreign, 65_534, 65_534);
    expect(() => openHome(foreign)).toThrow(/belongs to another account \(number 65534\)/);
  });
});
