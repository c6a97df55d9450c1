import type { RenderResult } from '#persistence';

/** What a worker reports about a render. */
export const RESULT: RenderResult = {
  file: {
    format: 'tiff',
    widthPx: 2700,
    heightPx: 3600,
    dpi: 300,
    compression: 'lzw',
    colorSpace: 'srgb',
    sizeBytes: 9,
  },
  outputKey: 'renders/x/output.tiff',
  previewKey: 'renders/x/preview.jpg',
  durationMs: 1234,
  pipelineVersion: '1.0.0',
  metadata: { output_size_bytes: 99 },
};
