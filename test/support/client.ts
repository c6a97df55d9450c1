import { until } from './processes.js';

export const STYLES = {
  watercolor: '550e8400-e29b-41d4-a716-446655440000',
  'pop-poster': '550e8400-e29b-41d4-a716-446655440001',
  'pencil-sketch': '550e8400-e29b-41d4-a716-446655440002',
  'between-the-lines': '550e8400-e29b-41d4-a716-446655440003',
  'oil-painting': '550e8400-e29b-41d4-a716-446655440004',
} as const;
export const SIZES = {
  '9x12': '6ba7b810-9dad-11d1-80b4-00c04fd430c8',
  '18x24': '6ba7b813-9dad-11d1-80b4-00c04fd430c8',
  '30x40': '6ba7b816-9dad-11d1-80b4-00c04fd430c8',
} as const;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- bodies are asserted on, field by field
  readonly body: any;
}

export interface FormPart {
  readonly name: string;
  readonly value: string | Uint8Array;
  readonly filename?: string;
}

/** A client of the REST API. */
export class ApiClient {
  constructor(private readonly url: string) {}

  async get(path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(this.url + path, init);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json');
    return { status: response.status, headers: response.headers, body: isJson && text ? JSON.parse(text) : text };
  }

  postForm(path: string, parts: readonly FormPart[], headers: Record<string, string> = {}): Promise<Answer> {
    const form = new FormData();
    for (const { name, value, filename } of parts) {
      if (typeof value === 'string') form.append(name, value);
      else form.append(name, new Blob([value]), filename);
    }
    return this.get(path, { method: 'POST', body: form, headers });
  }

  createRender(
    photo: Uint8Array,
    { style = 'pop-poster', size = '9x12', filename = 'photo.jpg' }: Partial<RenderChoice> = {},
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const parts = [
      { name: 'file', value: photo, filename },
      { name: 'style_id', value: STYLES[style] },
      { name: 'size_preset_id', value: SIZES[size] },
    ];
    return this.postForm('/v1/renders', parts, headers);
  }

  /** Polls until a worker has taken the render up. */
  async started(id: string): Promise<void> {
    await until(`render ${id} has started`, async () => {
      return (await this.get(`/v1/renders/${id}`)).body.status === 'started';
    });
  }

  /** Polls until the render has ended, and gives its last state. */
  async ended(id: string, limitMs = 120_000): Promise<Answer['body']> {
    return until(
      `render ${id} has ended`,
      async () => {
        const { body } = await this.get(`/v1/renders/${id}`);
        return ['completed', 'failed'].includes(body.status as string) && body;
      },
      limitMs,
      200,
    );
  }

  async download(id: string, file: 'download' | 'preview'): Promise<Buffer> {
    const { body } = await this.get(`/v1/renders/${id}/${file}`);
    const response = await fetch(body.url as string);
    if (!response.ok) throw new Error(`${body.url} answered ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  }
}

export interface RenderChoice {
  readonly style: keyof typeof STYLES;
  readonly size: keyof typeof SIZES;
  readonly filename: string;
}
