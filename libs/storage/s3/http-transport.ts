import http from 'node:http';
import https from 'node:https';

const CONNECT_TIMEOUT_MS = 10_000;
const READ_TIMEOUT_MS = 30_000;

type Request = (
  options: http.RequestOptions | URL,
  onResponse?: (response: http.IncomingMessage) => void,
) => http.ClientRequest;

export interface HttpTransport {
  readonly request: Request;
  readonly agent: http.Agent;
}

/** `http.request` that gives up on a connection after 10 s without contact and on a silent one after 30 s. */
export function createHttpTransport(tls: boolean): HttpTransport {
  const agent = tls ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });
  const send = tls ? https.request : http.request;
  const request: Request = (options, onResponse) => {
    const outgoing = send(options as https.RequestOptions, onResponse);
    outgoing.setTimeout(READ_TIMEOUT_MS, () => {
      outgoing.destroy(new Error(`Object storage was silent for ${READ_TIMEOUT_MS / 1000} s`));
    });
    outgoing.once('socket', (socket) => {
      if (!socket.connecting) return;
      const timer = setTimeout(() => {
        outgoing.destroy(new Error(`No connection to object storage within ${CONNECT_TIMEOUT_MS / 1000} s`));
      }, CONNECT_TIMEOUT_MS);
      const ready = tls ? 'secureConnect' : 'connect';
      socket.once(ready, () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
    });
    return outgoing;
  };
  return { request, agent };
}
