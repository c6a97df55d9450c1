import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type EmbeddedSecrets, secretsFile } from '#config';

/** The secrets of this installation, made at the first start and kept readable by its owner only. */
export function loadSecrets(home: string): EmbeddedSecrets {
  const file = secretsFile(home);
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as EmbeddedSecrets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw new Error(`Cannot read ${file}`, { cause: error });
  }
  const secrets = { databasePassword: randomBytes(24).toString('hex'), signingKey: randomBytes(32).toString('hex') };
  mkdirSync(home, { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify(secrets), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return secrets;
}
