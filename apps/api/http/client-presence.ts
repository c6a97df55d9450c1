import { setTimeout as sleep } from 'node:timers/promises';
import type { Response } from 'express';

/** For a connection that its client has closed to say so; within a data center it takes a millisecond. */
const RESET_MS = 50;

/** Whether the client can no longer read a response. */
export function hasGone(response: Response): boolean {
  // A response that is pipelined behind another has no socket of its own yet.
  return response.closed || response.destroyed || !response.req.socket.writable;
}

/** Whether the client has said that it sends no more: it waits for its answer, or it has gone. */
export function hasEndedItsSide(response: Response): boolean {
  return response.req.socket.readableEnded;
}

/**
 * Sends `body` to a client that has ended its side, and finds out whether it is there: what has closed its connection
 * answers the first bytes with a reset, which fails the next ones.
 */
export async function isTaken(response: Response, body: object): Promise<boolean> {
  const text = JSON.stringify(body);
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  response.flushHeaders();
  await sleep(RESET_MS);
  if (hasGone(response)) return false;
  const failure = await new Promise<unknown>((resolve) => response.write(text, resolve));
  if (failure) response.destroy();
  else response.end();
  return !failure;
}
