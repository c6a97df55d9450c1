import http from 'node:http';
import https from 'node:https';
import type { TimeLimits } from '#config';

type Request = (
  options: http.RequestOptions | URL,
  onResponse?: (response: http.IncomingMessage) => void,
) => http.ClientRequest;

export interface HttpTransport {
  readonly request: Request;
  readonly agent: http.Agent;
}

/** `http.request` that gives up on a server it cannot reach and on one that falls silent. */
export function createHttpTransport(tls: boolean, { connectMs, idleTimeoutMs }: TimeLimits): HttpTransport {
  const agent = tls ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });
  const send = tls ? https.request : http.request;
  const request: Request = (options, onResponse) => {
    const outgoing = send(options as https.RequestOptions, onResponse);
    outgoing.setTimeout(idleTimeoutMs, () => {
      outgoing.destroy(new Error(`Object storage was silent for ${idleTimeoutMs / 1000} s`));
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
