import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { NextFunction, Request, Response } from 'express';

const MIB = 1024 * 1024;
export const MAX_UPLOAD_BYTES = 50 * MIB;
/** The largest body of any request: the largest photo and what a form puts around it. */
export const MAX_BODY_BYTES = MAX_UPLOAD_BYTES + MIB;

/** What is still taken of a body after its answer, so that an honest client gets to read the answer. */
const LINGER_BYTES = MIB;
const LINGER_MS = 2_000;

/**
 * Closes the connection of a request that is answered before its body has arrived, instead of reading it completely. The
 * answer announces it (`Connection: close`): else a client would send its next request into a connection that closes.
 */
export function closeUnreadRequests(request: Request, response: Response, next: NextFunction): void {
  if (hasBody(request)) {
    // Node reads and discards a body that no reader has begun, once it is answered; this one has begun.
    request.read(0);
    beforeHeaders(response, () => {
      if (!request.complete) response.setHeader('Connection', 'close');
    });
    const { socket } = request;
    // Node ends a connection this way after its last response, whichever side asked for that.
    socket.destroySoon = () => {
      if (request.complete) Socket.prototype.destroySoon.call(socket);
      else lingeringClose(request);
    };
  }
  next();
}

/** Calls `act` just before the headers of a response are written, by whatever way. */
function beforeHeaders(response: Response, act: () => void): void {
  const writeHead = response.writeHead.bind(response) as (...head: unknown[]) => Response;
  response.writeHead = (...head: unknown[]): Response => {
    act();
    return writeHead(...head);
  };
}

/** Whether a request has a body, by its headers. */
export function hasBody({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Closing at once would reset the connection, and the answer could be lost with it (RFC 9112, section 9.6). */
function lingeringClose(request: Request): void {
  const { socket } = request;
  socket.end();
  let taken = 0;
  request.unpipe();
  request.on('data', (chunk: Buffer) => {
    taken += chunk.length;
    if (taken > LINGER_BYTES) request.pause();
  });
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  const close = (): void => {
    clearTimeout(timer);
    socket.destroy();
  };
  request.once('end', close);
  request.once('close', close);
  request.resume();
}
