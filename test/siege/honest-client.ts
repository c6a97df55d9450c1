import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { SIZES, STYLES } from '../support/client.js';

/** What one request was answered, and after how long. */
export interface Observation {
  /** Of the answer, or the error code of the connection. */
  readonly status: number | string;
  readonly seconds: number;
}

export interface Observations {
  readonly uploads: Observation[];
  readonly reads: Observation[];
  readonly probes: Observation[];
}

const PATIENCE_MS = 15_000;
const PAUSE_MS = 100;
const PROBES = ['/health/liveness', '/health/readiness', '/metrics'];

/** Uploads photos one after the other, and beside it reads and probes, each on a connection of its own. */
export class HonestClient {
  readonly seen: Observations = { uploads: [], reads: [], probes: [] };
  private renderId?: string;

  constructor(
    private readonly url: string,
    private readonly photo: Uint8Array,
  ) {}

  /** Resolves when `uploads` uploads are answered or refused, or the time is over. */
  async work(uploads: number, limitMs: number): Promise<void> {
    const deadline = Date.now() + limitMs;
    let isOver = false;
    const upload = async (): Promise<void> => {
      while (this.seen.uploads.length < uploads && Date.now() < deadline) {
        this.seen.uploads.push(await this.upload());
        await sleep(PAUSE_MS);
      }
      isOver = true;
    };
    const watch = async (kind: 'reads' | 'probes', paths: () => string[]): Promise<void> => {
      for (let i = 0; !isOver; i++) {
        this.seen[kind].push(await this.get(paths()[i % paths().length]));
        await sleep(PAUSE_MS);
      }
    };
    await Promise.all([upload(), watch('reads', () => this.readable()), watch('probes', () => PROBES)]);
  }

  private readable(): string[] {
    return ['/v1/styles', ...(this.renderId ? [`/v1/renders/${this.renderId}`] : [])];
  }

  private async upload(): Promise<Observation> {
    const form = new FormData();
    form.append('file', new Blob([this.photo]), 'cat.jpg');
    form.append('style_id', STYLES['pop-poster']);
    form.append('size_preset_id', SIZES['9x12']);
    const body = new Response(form);
    const headers = { 'Content-Type': body.headers.get('content-type')! };
    const bytes = Buffer.from(await body.arrayBuffer());
    return this.observe('POST', '/v1/renders', headers, bytes);
  }

  private get(path: string): Promise<Observation> {
    return this.observe('GET', path, {});
  }

  private observe(method: string, path: string, headers: Record<string, string>, body?: Buffer): Promise<Observation> {
    const begin = performance.now();
    return new Promise((resolve) => {
      const done = (status: number | string): void => resolve({ status, seconds: (performance.now() - begin) / 1000 });
      const call = request(this.url + path, {
        method,
        agent: false,
        headers,
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      call.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.name));
      call.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.name));
        response.on('end', () => {
          if (response.statusCode === 201) this.renderId = (JSON.parse(text) as { render_id: string }).render_id;
          done(response.statusCode!);
        });
      });
      call.end(body);
    });
  }
}
