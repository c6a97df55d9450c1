import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { SETTINGS } from './settings.js';

/** Names of variables that hold secrets, ours and those of libraries. */
export const SECRET_NAME = /PASSWORD|SECRET|TOKEN|DSN|_HEADERS$|(ACCESS|SIGNING|PRIVATE|API)_KEY/;
/** A password in the address of a server or a proxy. */
const SECRET_VALUE = /:\/\/[^/@\s]+:[^/@\s]+@/;
/** Positions of the first and the last address of the environment in /proc/self/stat, counted after the name. */
const [START_FIELD, END_FIELD] = [47, 48];

/** Secrets that {@link takeEnvironment} removed from the environment of this process. */
const taken: NodeJS.ProcessEnv = {};

/**
 * The environment of this process, whose secrets are afterwards only in the returned object: other processes of the same
 * user can read what a process was started with, and child processes inherit the rest. Further calls return them again.
 */
export function takeEnvironment(): NodeJS.ProcessEnv {
  const secrets = Object.entries(process.env).filter(([name, value = '']) => isSecret(name, value));
  for (const [name] of secrets) delete process.env[name];
  overwrite(secrets.map(([name]) => name));
  for (const [name, value] of secrets) {
    if (isOurs(name)) taken[name] = value;
    // Libraries read theirs from the environment.
    else process.env[name] = value;
  }
  return knownEnvironment();
}

/** The environment of this process with the secrets that {@link takeEnvironment} removed from it, if it was called. */
export function knownEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, ...taken };
}

/** The variables without our secrets: what may be put back into the environment. */
export function withoutSecrets(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => !isOurs(name)));
}

/** Our secrets among the variables. */
export function onlySecrets(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => isOurs(name)));
}

/** Names of secrets that others of the same user can read in /proc, for as long as this process runs. */
export function exposedSecrets(): string[] {
  return startEnvironment()
    .map(({ text }) => text.toString())
    .filter((text) => isSecret(text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)))
    .map((text) => text.slice(0, text.indexOf('=')));
}

function isSecret(name: string, value: string): boolean {
  return value !== '' && (SECRET_NAME.test(name) || SECRET_VALUE.test(value));
}

/** Whether it is a secret setting of the services. */
function isOurs(name: string): boolean {
  return SETTINGS.get(name)?.secret === true;
}

/**
 * Overwrites variables where the kernel shows them: it keeps the strings that the process was started with, and only the
 * process itself can change them. Done before anything else runs, and never to strings that are still in use.
 */
function overwrite(names: readonly string[]): void {
  const entries = startEnvironment().filter(({ text }) => names.some((name) => text.indexOf(`${name}=`) === 0));
  if (entries.length === 0) return;
  try {
    const memory = openSync('/proc/self/mem', 'r+');
    for (const { address, text } of entries) writeSync(memory, Buffer.alloc(text.length), 0, text.length, address);
    closeSync(memory);
  } catch {
    // Not allowed here: `pop-render doctor` reports it.
  }
}

/** The variables that this process was started with and where they are in its memory; none on other systems than Linux. */
function startEnvironment(): { address: number; text: Buffer }[] {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const block = readFileSync('/proc/self/environ');
    if (fields[END_FIELD] - fields[START_FIELD] !== block.length) return [];
    const entries: { address: number; text: Buffer }[] = [];
    for (let start = 0; start < block.length;) {
      const end = block.indexOf(0, start);
      const text = block.subarray(start, end < 0 ? block.length : end);
      if (text.length > 0) entries.push({ address: fields[START_FIELD] + start, text });
      start += text.length + 1;
    }
    return entries;
  } catch {
    return [];
  }
}
