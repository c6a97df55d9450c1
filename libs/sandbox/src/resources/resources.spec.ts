import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { totalmem } from 'node:os';
import { cpuLimit, memoryLimit } from './cgroup.js';
import { openFilesLimit } from './open-files.js';
import { residentBytes } from './resident-memory.js';

const files = (content: Record<string, string>) => (path: string) => content[path] ?? '';
const MIB = 1024 * 1024;

/** What a process reads whose control group is that of a systemd unit. */
const inUnit = (content: Record<string, string>): Record<string, string> => ({
  '/proc/self/cgroup': '0::/system.slice/api.service\n',
  ...Object.fromEntries(Object.entries(content).map(([name, text]) => [`/sys/fs/cgroup/${name}`, text])),
});

describe('cpuLimit', () => {
  const ALL = cpuLimit(files({}));

  it.each([
    [{ '/sys/fs/cgroup/cpu.max': 'max 100000\n' }, ALL],
    [{ '/sys/fs/cgroup/cpu.max': '100000 100000\n' }, 1],
    [{ '/sys/fs/cgroup/cpu.max': '20000 100000\n' }, 1],
    [{ '/sys/fs/cgroup/cpu.max': '6400000 100000\n' }, ALL],
    [inUnit({ 'system.slice/api.service/cpu.max': '100000 100000\n' }), 1],
    [inUnit({ 'system.slice/cpu.max': '100000 100000\n', 'system.slice/api.service/cpu.max': 'max 100000\n' }), 1],
    [{ '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000' }, ALL],
    [{ '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '100000', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000' }, 1],
  ])('reads %j', (content: Record<string, string>, expected) => expect(cpuLimit(files(content))).toBe(expected));
});

describe('memoryLimit', () => {
  it.each([
    [{}, undefined],
    [{ '/sys/fs/cgroup/memory.max': 'max\n' }, undefined],
    [
      inUnit({ 'system.slice/api.service/memory.max': `${512 * MIB}\n`, 'system.slice/memory.max': 'max\n' }),
      512 * MIB,
    ],
    [inUnit({ 'system.slice/api.service/memory.max': 'max\n', 'memory.max': `${256 * MIB}\n` }), 256 * MIB],
    [{ '/sys/fs/cgroup/memory.max': `${512 * MIB}\n` }, 512 * MIB],
    [{ '/sys/fs/cgroup/memory.max': `${totalmem() + MIB}\n` }, undefined],
    [{ '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n' }, undefined],
    [{ '/sys/fs/cgroup/memory/memory.limit_in_bytes': `${256 * MIB}\n` }, 256 * MIB],
  ])('reads %j', (content: Record<string, string>, expected) => expect(memoryLimit(files(content))).toBe(expected));
});

describe('residentBytes', () => {
  it('counts what a process holds', async () => {
    // One of its own: this one may reuse memory that it held before.
    const script = `globalThis.held = Buffer.alloc(${256 * MIB}, 1); console.log(); setInterval(() => {}, 1000)`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      await once(child.stdout, 'data');
      expect(residentBytes(child.pid!)).toBeGreaterThan(256 * MIB);
      expect(residentBytes(child.pid!)).toBeLessThan(512 * MIB);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('knows nothing of a process that is gone', () => expect(residentBytes(2 ** 30)).toBeUndefined());
});

describe('openFilesLimit', () => {
  it.each([
    ['Max open files            1024                 4096                 files     \n', 1024],
    ['Max open files            unlimited            unlimited            files     \n', undefined],
    ['', undefined],
  ])('reads %j', (limits, expected) => expect(openFilesLimit(files({ '/proc/self/limits': limits }))).toBe(expected));
});
