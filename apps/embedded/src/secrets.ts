import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type EmbeddedSecrets, secretsFile } from '#config';

export interface Secrets extends EmbeddedSecrets {
  /** Of PostgreSQL's superuser, for administration. */
  readonly adminPassword: string;
}

/** The secrets of this installation, made at the first start and kept readable by its owner only. */
export function loadSecrets(home: string): Secrets {
  const file = secretsFile(home);
  const known = readSecrets(file);
  const secrets: Secrets = {
    databasePassword: randomBytes(24).toString('hex'),
    adminPassword: randomBytes(24).toString('hex'),
    signingKey: randomBytes(32).toString('hex'),
    ...known,
  };
  if (known?.adminPassword === undefined) {
    writeFileSync(`${file}.new`, JSON.stringify(secrets), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return secrets;
}

function readSecrets(file: string): Partial<Secrets> | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Partial<Secrets>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`Cannot read ${file}`, { cause: error });
  }
}
