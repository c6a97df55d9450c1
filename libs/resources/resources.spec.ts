import { totalmem } from 'node:os';
import { cpuLimit, memoryLimit } from './control-group.js';
import { residentBytes } from './resident-memory.js';

const files = (content: Record<string, string>) => (path: string) => content[path] ?? '';
const MIB = 1024 * 1024;

describe('cpuLimit', () => {
  const ALL = cpuLimit(files({}));

  it.each([
    [{ '/sys/fs/cgroup/cpu.max': 'max 100000\n' }, ALL],
    [{ '/sys/fs/cgroup/cpu.max': '100000 100000\n' }, 1],
    [{ '/sys/fs/cgroup/cpu.max': '20000 100000\n' }, 1],
    [{ '/sys/fs/cgroup/cpu.max': '6400000 100000\n' }, ALL],
    [{ '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000' }, ALL],
    [{ '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '100000', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000' }, 1],
  ])('reads %j', (content: Record<string, string>, expected) => expect(cpuLimit(files(content))).toBe(expected));
});

describe('memoryLimit', () => {
  it.each([
    [{}, undefined],
    [{ '/sys/fs/cgroup/memory.max': 'max\n' }, undefined],
    [{ '/sys/fs/cgroup/memory.max': `${512 * MIB}\n` }, 512 * MIB],
    [{ '/sys/fs/cgroup/memory.max': `${totalmem() + MIB}\n` }, undefined],
    [{ '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n' }, undefined],
    [{ '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${256 * MIB}\n` }, 256 * MIB],
  ])('reads %j', (content: Record<string, string>, expected) => expect(memoryLimit(files(content))).toBe(expected));
});

describe('residentBytes', () => {
  it('counts what a process holds', () => {
    const before = residentBytes(process.pid)!;
    const held = Buffer.alloc(64 * MIB, 1);
    expect(residentBytes(process.pid)! - before).toBeGreaterThan(48 * MIB);
    expect(held[0]).toBe(1);
  });

  it('knows nothing of a process that is gone', () => expect(residentBytes(2 ** 30)).toBeUndefined());
});
