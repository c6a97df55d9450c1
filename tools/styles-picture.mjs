// `node tools/styles-picture.mjs [PHOTO]`: the picture of the README, one photo and its proofs in every style side by side.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';

const root = path.resolve(import.meta.dirname, '..');
const TARGET = path.join(root, 'docs/images/styles.jpg');
const TILE = { width: 400, height: 533 };
const GAP = 12;
const COLUMNS = 3;

const [photo = path.join(root, 'test/fixtures/photos/chelsea.jpg')] = process.argv.slice(2);
const proofs = mkdtempSync(path.join(tmpdir(), 'styles-picture-'));
try {
  const cli = path.join(root, 'dist/apps/cli/src/main.js');
  execFileSync(process.execPath, [cli, 'proof', photo, '-o', proofs], { stdio: 'inherit' });
  const pictures = [photo, ...readdirSync(proofs).map((name) => path.join(proofs, name))];
  const tiles = await Promise.all(
    pictures.map(async (picture, i) => ({
      input: await sharp(picture)
        .autoOrient()
        .resize({ ...TILE, fit: 'cover' })
        .toBuffer(),
      left: (i % COLUMNS) * (TILE.width + GAP),
      top: Math.floor(i / COLUMNS) * (TILE.height + GAP),
    })),
  );
  const rows = Math.ceil(pictures.length / COLUMNS);
  mkdirSync(path.dirname(TARGET), { recursive: true });
  const width = COLUMNS * (TILE.width + GAP) - GAP;
  const height = rows * (TILE.height + GAP) - GAP;
  await sharp({ create: { width, height, channels: 3, background: '#ffffff' } })
    .composite(tiles)
    .jpeg({ quality: 80, mozjpeg: true })
    .toFile(TARGET);
  console.log(TARGET);
} finally {
  rmSync(proofs, { recursive: true, force: true });
}
