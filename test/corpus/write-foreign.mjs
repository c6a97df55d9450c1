// Writes one small file of each foreign format into a folder.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { foreignFiles } from './foreign.mjs';
import { join } from './bytes.mjs';

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
const files = await foreignFiles();
for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, `${name}.jpg`), join(content));
// Some loaders go by the name alone.
writeFileSync(path.join(folder, 'table.csv'), files.csv);
writeFileSync(path.join(folder, 'table.mat'), files.matrix);
