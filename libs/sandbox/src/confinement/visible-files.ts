import { existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { INPUT_FOLDER, OUTPUT_FOLDER } from '../processes/task-files.js';
import type { SandboxedProgram } from './sandbox.js';

/** Where the work folder is seen inside. */
export const TASK_FOLDER = '/task';
/** A copy of /proc/self/cgroup, in the work folder: the program reads its processors' limit, and there is no /proc. */
export const CGROUP_FILE = 'cgroup';

/** Something of the file system outside that is seen inside: at the same place unless `target` is set. */
export type VisibleFile =
  | { readonly kind: 'bind'; readonly source: string; readonly target: string; readonly writable?: true }
  | { readonly kind: 'link'; readonly source: string; readonly target: string };

const SYSTEM_FOLDERS = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];
/** For the loader of programs, and the limits of processors and memory. */
const SYSTEM_FILES = ['/etc/ld.so.cache', '/etc/alternatives', '/etc/localtime', '/sys/fs/cgroup'];
const APPLICATION_FILES = ['package.json', 'dist', 'node_modules'];

/**
 * All that a program sees of the file system: the system's programs and libraries, the application, and its own folder.
 * No /proc, no home, no /etc, no temporary files.
 */
export function visibleFiles({ entry, folder }: SandboxedProgram): VisibleFile[] {
  const own = path.join(folder, CGROUP_FILE);
  const outer = [...SYSTEM_FOLDERS.flatMap(systemFolder), ...SYSTEM_FILES.flatMap(bind)];
  const inner = [...nodeFiles(), ...applicationFiles(entry), ...libraryFiles()];
  return [
    ...outermost([...outer, ...inner]),
    ...(existsSync(own) ? [{ kind: 'bind', source: own, target: '/proc/self/cgroup' } as const] : []),
    { kind: 'bind', source: path.join(folder, INPUT_FOLDER), target: path.join(TASK_FOLDER, INPUT_FOLDER) },
    {
      kind: 'bind',
      source: path.join(folder, OUTPUT_FOLDER),
      target: path.join(TASK_FOLDER, OUTPUT_FOLDER),
      writable: true,
    },
  ];
}

/** The folders that must be made for them, each after the one it is in. */
export function foldersAround(files: readonly VisibleFile[]): string[] {
  const folders = files.flatMap(({ target }) => {
    const names = path.dirname(target).split('/').slice(1);
    return names.map((_, depth) => `/${names.slice(0, depth + 1).join('/')}`);
  });
  return [...new Set(folders)].filter((folder) => folder !== '/').sort();
}

function systemFolder(folder: string): VisibleFile[] {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (stats?.isSymbolicLink()) return [{ kind: 'link', source: readlinkSync(folder), target: folder }];
  return bind(folder);
}

/** Node and, where it was installed apart from the system, what lies beside it. */
function nodeFiles(): VisibleFile[] {
  return [process.execPath, realpathSync(process.execPath)].flatMap(bind);
}

function applicationFiles(entry: string): VisibleFile[] {
  let root = path.dirname(entry);
  while (!existsSync(path.join(root, 'package.json')) && root !== path.dirname(root)) root = path.dirname(root);
  return [...APPLICATION_FILES.map((name) => path.join(root, name)), path.dirname(entry)].flatMap(bind);
}

/** An allocator or libraries that the operator has chosen. */
function libraryFiles(): VisibleFile[] {
  const { LD_LIBRARY_PATH = '', LD_PRELOAD = '' } = process.env;
  return [...LD_LIBRARY_PATH.split(':'), ...LD_PRELOAD.split(/[ :]/)]
    .filter((file) => file.startsWith('/'))
    .flatMap(bind);
}

function bind(file: string): VisibleFile[] {
  return existsSync(file) ? [{ kind: 'bind', source: file, target: file }] : [];
}

/** Without what lies within another one. */
function outermost(files: readonly VisibleFile[]): VisibleFile[] {
  const unique = [...new Map(files.map((file) => [file.target, file])).values()];
  const isWithin = ({ target }: VisibleFile, other: VisibleFile): boolean => target.startsWith(`${other.target}/`);
  return unique.filter((file) => !unique.some((other) => isWithin(file, other)));
}
