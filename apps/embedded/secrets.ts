import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface Secrets {
  readonly databasePassword: string;
  readonly signingKey: string;
}

/** The secrets of this installation, made at the first start and kept readable by its owner only. */
export function loadSecrets(home: string): Secrets {
  const file = path.join(home, 'secrets.json');
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Secrets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw new Error(`Cannot read ${file}`, { cause: error });
  }
  const secrets = { databasePassword: randomBytes(24).toString('hex'), signingKey: randomBytes(32).toString('hex') };
  mkdirSync(home, { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(secrets), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return secrets;
}
