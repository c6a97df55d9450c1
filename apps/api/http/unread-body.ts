import type { NextFunction, Request, Response } from 'express';

const MIB = 1024 * 1024;
export const MAX_UPLOAD_BYTES = 50 * MIB;
/** The largest body of any request: the largest photo and what a form puts around it. */
export const MAX_BODY_BYTES = MAX_UPLOAD_BYTES + MIB;

/** What is still taken of a body after its answer, so that an honest client gets to read the answer. */
const LINGER_BYTES = MIB;
const LINGER_MS = 2_000;

/** Closes the connection of a request that was answered before its body had arrived, instead of reading it to its end. */
export function closeUnreadBodies(request: Request, response: Response, next: NextFunction): void {
  if (hasBody(request)) {
    // A body that nobody began to read is discarded to its end by Node once it is answered; this one has begun.
    request.read(0);
    response.once('finish', () => {
      if (!request.complete) linger(request);
    });
  }
  next();
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Closing at once would reset the connection, and the answer could be lost with it (RFC 9112, section 9.6). */
function linger(request: Request): void {
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
