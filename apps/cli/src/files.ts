import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { outputError, photoError, usageError } from './failures.js';

/**
 * No thread starts in a working folder that was removed. To be called when all files are known to be there or writable:
 * a name that is relative to such a folder never is.
 */
export function leaveRemovedFolder(): void {
  if (isFolderRemoved()) process.chdir(path.parse(process.execPath).root);
}

function isFolderRemoved(): boolean {
  try {
    process.cwd();
    return false;
  } catch {
    return true;
  }
}

/** @throws CliError unless there is a file that may be read */
export async function requirePhoto(photo: string): Promise<void> {
  if (isUnreachable(photo)) throw photoError(`Photo ${photo} cannot be read: ${FOLDER_REMOVED}`);
  try {
    await access(photo, constants.R_OK);
    if ((await stat(photo)).isFile()) return;
  } catch (error) {
    throw photoError(`Photo ${photo} cannot be read: ${reason(error)}`);
  }
  throw photoError(`Photo ${photo} is not a file`);
}

/**
 * Finds out before the work begins whether the outputs may be written.
 * @param photo file that none of them may be; undefined when the work reads none
 * @throws CliError
 */
export async function requireWritable(
  outputs: readonly string[],
  photo: string | undefined,
  force: boolean,
): Promise<void> {
  const unreachable = outputs.find(isUnreachable);
  if (unreachable !== undefined) throw outputError(`${unreachable} cannot be written: ${FOLDER_REMOVED}`);
  if (new Set(outputs.map((file) => path.resolve(file))).size < outputs.length) {
    throw usageError('Two outputs have the same name');
  }
  for (const file of outputs) {
    await requireWritableFolder(path.dirname(file), file);
    const existing = await stat(file).catch(() => undefined);
    if (existing === undefined) continue;
    if (!existing.isFile()) throw outputError(`${file} is there already and not a file`);
    if (photo !== undefined && (await realpath(file)) === (await realpath(photo))) {
      throw outputError(`${file} is the photo itself`);
    }
    if (!force) throw outputError(`${file} is there already: --force replaces it`);
  }
}

/**
 * The same for a file that replaces none.
 * @throws CliError
 */
export async function requireNew(file: string): Promise<void> {
  if (isUnreachable(file)) throw outputError(`${file} cannot be written: ${FOLDER_REMOVED}`);
  await requireWritableFolder(path.dirname(file), file);
  const existing = await stat(file).catch(() => undefined);
  if (existing !== undefined) throw outputError(`${file} is there already`);
}

async function requireWritableFolder(folder: string, file: string): Promise<void> {
  try {
    await access(folder, constants.W_OK);
    if ((await stat(folder)).isDirectory()) return;
  } catch (error) {
    throw outputError(`${file} cannot be written: ${reason(error)}`, error);
  }
  throw outputError(`${file} cannot be written: ${folder} is not a folder`);
}

/** @throws CliError unless the name ends as files of its kind do */
export function requireEnding(file: string, kind: string, endings: readonly string[]): void {
  if (endings.some((ending) => file.toLowerCase().endsWith(`.${ending}`))) return;
  throw usageError(`${file}: the name of a ${kind} ends in ${endings.map((ending) => `.${ending}`).join(' or ')}`);
}

const FOLDER_REMOVED = 'the working folder was removed; give the whole path, or change to another folder';

const isUnreachable = (file: string): boolean => !path.isAbsolute(file) && isFolderRemoved();

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'no such file or folder';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  if (code === 'EROFS') return 'the file system is read-only';
  return message;
}
