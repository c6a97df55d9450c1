import http from 'node:http';
import https from 'node:https';

export interface Patience {
  /** Until a connection stands. */
  readonly connectMs: number;
  /** Of silence on a standing connection. */
  readonly readMs: number;
}

const PATIENCE: Patience = { connectMs: 10_000, readMs: 30_000 };

type Request = (
  options: http.RequestOptions | URL,
  onResponse?: (response: http.IncomingMessage) => void,
) => http.ClientRequest;

export interface HttpTransport {
  readonly request: Request;
  readonly agent: http.Agent;
}

/** `http.request` that gives up on a server it cannot reach and on one that falls silent. */
export function createHttpTransport(tls: boolean, { connectMs, readMs }: Patience = PATIENCE): HttpTransport {
  const agent = tls ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });
  const send = tls ? https.request : http.request;
  const request: Request = (options, onResponse) => {
    const outgoing = send(options as https.RequestOptions, onResponse);
    outgoing.setTimeout(readMs, () => {
      outgoing.destroy(new Error(`Object storage was silent for ${readMs / 1000} s`));
    });
    outgoing.once('socket', (socket) => {
      if (!socket.connecting) return;
      const timer = setTimeout(() => {
        outgoing.destroy(new Error(`No connection to object storage within ${connectMs / 1000} s`));
      }, connectMs);
      const ready = tls ? 'secureConnect' : 'connect';
      socket.once(ready, () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
    });
    return outgoing;
  };
  return { request, agent };
}
