// `npm run settings`: writes the documents of the settings from their declarations in libs/config/src/namespaces, as they
// are in dist. `-- --check` writes nothing and ends with 1 when a document differs.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NAMESPACES } from '../../dist/libs/config/src/namespaces/index.js';
import { environmentExample } from './environment-example.mjs';
import { helmSchema } from './helm-schema.mjs';
import { settingsPage } from './settings-page.mjs';

const DOCUMENTS = {
  'docs/settings.md': settingsPage,
  'helm/values.schema.json': helmSchema,
  'deploy/systemd/pop-render.env.example': environmentExample,
};

const check = process.argv.includes('--check');
for (const [name, generate] of Object.entries(DOCUMENTS)) {
  const file = fileURLToPath(new URL(`../../${name}`, import.meta.url));
  const current = readFileSync(file, 'utf8');
  const text = generate(Object.values(NAMESPACES), current);
  if (!check) writeFileSync(file, text);
  else if (current !== text) {
    console.error(`${name} differs from the declared settings: npm run build && npm run settings`);
    process.exitCode = 1;
  }
}
