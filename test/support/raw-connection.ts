import { connect, type Socket } from 'node:net';
import { SIZES, STYLES } from './client.js';
import { until } from './processes.js';

/** A connection that speaks HTTP only as far as the test wants. */
export class RawConnection {
  received = '';
  bytesSent = 0;
  readonly closed: Promise<void>;
  readonly openedAt = Date.now();

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => (this.received += chunk.toString('latin1')));
    socket.on('error', () => {}); // A reset is one way of being cut.
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
  }

  /** @param from address of this machine that the connection comes from */
  static async open(url: string, from?: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), localAddress: from });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawConnection(socket);
  }

  /** Sends, and waits until the other side takes it or has gone. */
  async send(data: string | Buffer): Promise<boolean> {
    if (this.socket.destroyed || !this.socket.writable) return false;
    this.bytesSent += data.length;
    if (this.socket.write(data)) return true;
    const drained = new Promise<void>((resolve) => this.socket.once('drain', resolve));
    await Promise.race([drained, this.closed]);
    return !this.socket.destroyed;
  }

  /** Status and JSON body of the answer, once it is there. */
  async answer(): Promise<{ status: number; body: Record<string, unknown>; head: string }> {
    await until('there is an answer', () => /\r\n\r\n[^]*\}/.test(this.received));
    const [head, body] = this.received.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '').split('\r\n\r\n');
    return { status: Number(head.split(' ')[1]), body: JSON.parse(body) as Record<string, unknown>, head };
  }

  get isClosed(): boolean {
    return this.socket.closed;
  }

  close(): void {
    this.socket.destroy();
  }
}

export const BOUNDARY = 'edge';

/** The head of an upload; of unknown length when none is given. */
export function uploadHead(more: readonly string[] = [], contentType = `multipart/form-data; boundary=${BOUNDARY}`) {
  const length = more.some((header) => /^content-length:/i.test(header)) ? [] : ['Transfer-Encoding: chunked'];
  const lines = ['POST /v1/renders HTTP/1.1', 'Host: localhost', `Content-Type: ${contentType}`, ...length, ...more];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

export function field(name: string, value: string): string {
  return `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
}

export const FIELDS = field('style_id', STYLES['pop-poster']) + field('size_preset_id', SIZES['9x12']);

export function fileStart(filename = 'photo.jpg', moreHeaders = ''): string {
  const disposition = `Content-Disposition: form-data; name="file"; filename="${filename}"`;
  return `--${BOUNDARY}\r\n${disposition}\r\nContent-Type: image/jpeg\r\n${moreHeaders}\r\n`;
}

/** One chunk of a chunked body. */
export function chunk(data: string | Buffer): Buffer {
  const bytes = Buffer.from(data as string);
  return Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
}
