// `npm run sbom -- FILE`: a CycloneDX list of what a production installation contains: its npm packages, and the
// libraries that sharp's prebuilt libvips bundles, which npm knows nothing of.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = process.argv[2];
if (!target) {
  console.error('Usage: npm run sbom -- FILE');
  process.exit(2);
}
const command = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev'];
const sbom = JSON.parse(execFileSync('npm', command, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 }));
// npm names the root after its folder.
sbom.metadata.component.name = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).name;
for (const [bundle, libraries] of bundledLibraries()) {
  const inside = sbom.dependencies.find(({ ref }) => ref.startsWith(`${bundle}@`));
  for (const [name, version] of Object.entries(libraries)) {
    const ref = `${bundle}/${name}@${version}`;
    const purl = `pkg:generic/${name}@${version}`;
    sbom.components.push({ 'bom-ref': ref, type: 'library', name, version, scope: 'required', purl });
    sbom.dependencies.push({ ref, dependsOn: [] });
    inside?.dependsOn.push(ref);
  }
}
writeFileSync(target, `${JSON.stringify(sbom, null, 2)}\n`);

/** Name of each installed libvips package, with the versions of what is inside. */
function bundledLibraries() {
  const folder = path.join(root, 'node_modules/@img');
  return readdirSync(folder)
    .map((name) => [`@img/${name}`, path.join(folder, name, 'versions.json')])
    .filter(([, file]) => existsSync(file))
    .map(([name, file]) => [name, JSON.parse(readFileSync(file, 'utf8'))]);
}
