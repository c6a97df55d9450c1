import { existsSync } from 'node:fs';
import { release } from 'node:os';
import path from 'node:path';
import { NICENESS } from '../processes/serve-tasks.js';

/** Where the tools are looked for: services often have a PATH without those of the administrator. */
export const TOOL_PATH = [process.env.PATH, '/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin']
  .filter(Boolean)
  .join(':');

const GIB = 1024 ** 3;
/** The largest print has 324 MB of pixels, and what a codec keeps aside of a photo of 10,000 pixels a side 800 MB. */
const MAX_FILE_BYTES = GIB;
const MAX_OPEN_FILES = 1024;
/** Threads count: Node has some fifteen, a render 16 for painting and as many again within Node, the codecs a few. */
const MAX_PROCESSES = 256;

/** Commands by which what follows gives way to the parent at the processors, and goes first when memory runs out. */
export function yielding(): string[] {
  return [
    ...(isInstalled('nice') ? ['nice', '-n', String(NICENESS)] : []),
    ...(isInstalled('choom') ? ['choom', '-n', '1000', '--'] : []),
  ];
}

/** Whether there is a command of that name. */
export function isInstalled(command: string): boolean {
  return TOOL_PATH.split(':').some((folder) => existsSync(path.join(folder, command)));
}

/**
 * A command that limits what is run by it, which follows. No core dump: it would hold a photo.
 * @param countsOwn whether processes are counted for this sandbox alone
 */
export function limited(countsOwn: boolean): string[] {
  return [
    'prlimit',
    '--core=0:0',
    `--fsize=${MAX_FILE_BYTES}:${MAX_FILE_BYTES}`,
    `--nofile=${MAX_OPEN_FILES}:${MAX_OPEN_FILES}`,
    ...(countsOwn ? [`--nproc=${MAX_PROCESSES}:${MAX_PROCESSES}`] : []),
    '--',
  ];
}

/** Before Linux 5.14 the processes of a user were counted together, in whatever namespace they were. */
export function countsProcessesByNamespace(kernel = release()): boolean {
  const [major, minor] = kernel.split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 14);
}
