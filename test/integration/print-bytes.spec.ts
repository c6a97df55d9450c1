import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import { maxPrintBytes } from '#core';
import { listStyles, render } from '#pipelines';
import sharp from 'sharp';
import { temporaryFolder } from '../support/processes.js';

jest.setTimeout(120_000);

const SHEET = { widthPx: 900, heightPx: 1200, dpi: 300 };

describe('the room that is held for a print', () => {
  let folder: string;
  let removeFolder: () => Promise<void>;
  beforeAll(async () => {
    [folder, removeFolder] = await temporaryFolder();
    const raw = { width: SHEET.widthPx, height: SHEET.heightPx, channels: 3 as const };
    await sharp(randomBytes(3 * SHEET.widthPx * SHEET.heightPx), { raw })
      .png()
      .toFile(path.join(folder, 'noise'));
  });
  afterAll(() => removeFolder());

  it.each(listStyles().map(({ slug }) => slug))('is enough for noise in %s', async (style) => {
    const [printPath, previewPath] = [path.join(folder, 'print.tiff'), path.join(folder, 'preview.jpg')];
    await render({ photoPath: path.join(folder, 'noise'), style, output: SHEET, printPath, previewPath });
    const bytes = statSync(printPath).size + statSync(previewPath).size;
    expect(bytes).toBeLessThan(maxPrintBytes(SHEET));
  });
});
