// Writes one small file of each foreign format into a folder.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { foreignFiles } from './foreign.mjs';
import { join } from './bytes.mjs';

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
for (const [name, content] of Object.entries(await foreignFiles())) {
  writeFileSync(path.join(folder, `${name}.jpg`), join(content));
}
