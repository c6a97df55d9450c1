// `npm run dashboards`: writes the Grafana dashboards of the chart from their sources in this folder. `-- --check` writes
// nothing and ends with 1 when a file differs.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { database } from './database.mjs';
import { limits } from './limits.mjs';
import { pipeline } from './pipeline.mjs';
import { service } from './service.mjs';
import { slo } from './slo.mjs';

const check = process.argv.includes('--check');
for (const [name, content] of Object.entries({ database, limits, pipeline, service, slo })) {
  const file = fileURLToPath(new URL(`../../helm/monitoring/dashboards/${name}.json`, import.meta.url));
  const text = `${JSON.stringify(content, null, 2)}\n`;
  if (!check) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    console.error(`${name}.json differs from its source: npm run dashboards`);
    process.exitCode = 1;
  }
}
