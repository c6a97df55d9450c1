// `npm run licenses`: writes docs/licenses.md, the licenses of everything a production installation may contain on any
// platform. `-- --check` writes nothing and fails when the document is out of date. A license that is not allowed fails.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import satisfies from 'spdx-satisfies';

const root = fileURLToPath(new URL('..', import.meta.url));
const DOCUMENT = path.join(root, 'docs/licenses.md');

/** Licenses we may ship under, and why those need no more than their notices. */
const ALLOWED = {
  MIT: 'permissive',
  ISC: 'permissive',
  'BSD-2-Clause': 'permissive',
  'BSD-3-Clause': 'permissive',
  '0BSD': 'permissive',
  'Apache-2.0': 'permissive',
  'BlueOak-1.0.0': 'permissive',
  'Python-2.0': 'permissive',
  'LGPL-3.0-or-later': 'libvips and what it bundles: unchanged, in files of their own that may be replaced',
};

const packages = productionPackages();
const refused = packages.filter(({ license }) => !isAllowed(license));
for (const { name, version, license } of refused) console.error(`Not allowed: ${name} ${version} (${license})`);
if (refused.length > 0) process.exit(1);

const text = document(packages);
if (process.argv.includes('--check')) {
  if (readIfThere(DOCUMENT) !== text) {
    console.error('docs/licenses.md is out of date: npm run licenses');
    process.exit(1);
  }
} else writeFileSync(DOCUMENT, text);

function productionPackages() {
  const { packages: locked } = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  const found = new Map();
  for (const [place, { version, license, dev }] of Object.entries(locked)) {
    if (place === '' || dev) continue;
    const name = place.split('node_modules/').at(-1);
    found.set(`${name} ${version}`, { name, version, license: license ?? licenseInPackage(place) });
  }
  return [...found.values()].sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));
}

/** Old packages name their licenses in a list, which the lock file leaves out. */
function licenseInPackage(place) {
  const { license, licenses } = JSON.parse(readFileSync(path.join(root, place, 'package.json'), 'utf8'));
  const names = [license ?? licenses ?? []].flat().map((entry) => entry.type ?? entry);
  return names.length > 0 ? names.join(' OR ') : 'none named';
}

function isAllowed(license) {
  try {
    return satisfies(license, Object.keys(ALLOWED));
  } catch {
    return false; // No SPDX expression.
  }
}

function document(all) {
  const row = ({ name, version, license }) => `| ${name} | ${version} | ${license} |`;
  const allowed = Object.entries(ALLOWED).map(([id, why]) => `| ${id} | ${why} |`);
  return [
    '# Licenses of production dependencies',
    '',
    'Written by `npm run licenses` from package-lock.json, for every platform. Do not edit.',
    '',
    '| Allowed license | Why |',
    '| --- | --- |',
    ...allowed,
    '',
    '| Package | Version | License |',
    '| --- | --- | --- |',
    ...all.map(row),
    '',
  ].join('\n');
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
