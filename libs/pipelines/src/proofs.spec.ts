import { readdir } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { PORTRAIT, printFolder } from '../../../test/support/prints.js';
import { renderProofs } from './proofs.js';

const output = { widthPx: 2700, heightPx: 3600, dpi: 300 };

describe('renderProofs', () => {
  let folder: string;
  let remove: () => Promise<void>;
  beforeEach(async () => ({ folder, remove } = await printFolder()));
  afterEach(() => remove());

  const order = (name: string, settings = {}) => ({ style: 'pop-poster', settings, path: path.join(folder, name) });

  it('writes one small picture for each task and reports each', async () => {
    const reported: string[] = [];
    const outputs = await renderProofs({
      photoPath: PORTRAIT,
      output,
      proofs: [order('a.jpg'), order('b.jpg', { colors: 4 })],
      onProof: ({ path: file }) => reported.push(path.basename(file)),
    });
    expect(reported).toEqual(['a.jpg', 'b.jpg']);
    expect(outputs[0]).toMatchObject({ style: 'pop-poster', widthPx: 450, heightPx: 600 });
    for (const { path: file } of outputs) {
      expect(await sharp(file).metadata()).toMatchObject({ format: 'jpeg', width: 450, height: 600 });
    }
    const [a, b] = await Promise.all(outputs.map(({ path: file }) => sharp(file).raw().toBuffer()));
    expect(a.equals(b)).toBe(false);
  });

  it('gives the same picture alone and among others', async () => {
    await renderProofs({ photoPath: PORTRAIT, output, proofs: [order('x.jpg', { colors: 4 }), order('a.jpg')] });
    await renderProofs({ photoPath: PORTRAIT, output, proofs: [order('b.jpg')] });
    const [a, b] = await Promise.all(['a.jpg', 'b.jpg'].map((name) => sharp(path.join(folder, name)).raw().toBuffer()));
    expect(a.equals(b)).toBe(true);
  });

  it('refuses wrong settings before any work, and leaves nothing', async () => {
    const proofs = [order('a.jpg'), order('b.jpg', { colors: 99 })];
    await expect(renderProofs({ photoPath: PORTRAIT, output, proofs })).rejects.toMatchObject({
      code: 'invalid_settings',
    });
    await expect(
      renderProofs({ photoPath: PORTRAIT, output, proofs: [order('a.jpg')], signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ code: 'render_aborted' });
    expect(await readdir(folder)).toEqual([]);
  });
});
