import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { outputKey, previewKey } from '#core';
import sharp from 'sharp';
import { temporaryFolder } from '../support/processes.js';
import type { ChaosDeployment } from './chaos-deployment.js';

interface RenderRow {
  readonly id: string;
  readonly status: string;
  readonly style: string;
  readonly attempt: number;
  readonly error_message: string | null;
  readonly bytes: number | null;
  readonly photo: string;
  readonly photo_bytes: number;
}

export const readRenders = (environment: ChaosDeployment): Promise<RenderRow[]> =>
  environment.deployment.query<RenderRow>(`
    SELECT renders.id, status, style_id AS style, attempt, error_message, minio_key AS photo, file_size_bytes::int AS photo_bytes,
           (renders.metadata->>'output_size_bytes')::int AS bytes
      FROM renders JOIN assets ON assets.id = asset_id`);

/** The keys that belong to these renders, and no others. */
export function expectedKeys(rows: readonly RenderRow[]): string[] {
  const results = rows
    .filter(({ status }) => status === 'completed')
    .flatMap(({ id }) => [outputKey(id), previewKey(id)]);
  return [...rows.map(({ photo }) => photo), ...results].sort();
}

/** What is wrong with the results: each must be whole, as in its row, and the same for the same photo and style. */
export async function invalidResults(environment: ChaosDeployment, rows: readonly RenderRow[]): Promise<string[]> {
  const [folder, removeFolder] = await temporaryFolder();
  const problems: string[] = [];
  const prints = new Map<string, string>();
  for (const { id, style, bytes, photo_bytes } of rows) {
    const file = path.join(folder, id);
    await environment.deployment.store.fetchToFile(outputKey(id), file);
    const content = await readFile(file);
    if (content.length !== bytes) problems.push(`${id}: ${content.length} bytes, expected ${bytes}`);
    const { info } = await sharp(content).raw().toBuffer({ resolveWithObject: true });
    if (info.width !== 600 || info.height !== 900) problems.push(`${id}: ${info.width}x${info.height} pixels`);
    const digest = createHash('sha256').update(content).digest('hex');
    const kind = `${style} of ${photo_bytes} bytes`;
    if ((prints.get(kind) ?? digest) !== digest) problems.push(`${id}: not the print that others got (${kind})`);
    prints.set(kind, digest);
  }
  await removeFolder();
  return problems;
}
