import { setTimeout as sleep } from 'node:timers/promises';
import { RequestError } from '#core';
import type { Response } from 'express';

/** For the reset of a connection that its client has closed; within a data center it takes a millisecond. */
const RESET_MS = 50;

/** A client that has ended its side is not probed before it has waited this long. */
const FIRST_PROBE_MS = 1_500;
/** How often it is considered whether to ask. */
const CONSIDER_MS = 500;

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

/**
 * Aborts when the client can no longer read its answer, with a RequestError `client_closed_request`.
 *
 * A client that has closed its connection looks like one that has ended its side and still reads; only a write shows which. So the
 * latter is sent the interim answer 102, which clients of HTTP/1.1 pass over; a closed connection answers it with a reset, which fails
 * the next write.
 * @param matters whether it is worth knowing now: some clients of HTTP/1.1 show a person every answer
 */
export function departureOf(response: Response, matters: () => boolean): AbortSignal {
  const departure = new AbortController();
  const { socket } = response.req;
  let timer: NodeJS.Timeout | undefined;
  const consider = (isProbed: boolean): void => {
    if (response.headersSent || response.closed) return;
    // A response that waits for the one before it has no connection yet.
    const isProbing = response.socket !== null && (isProbed || matters());
    if (isProbing) response.writeProcessing();
    const isFirst = isProbing && !isProbed;
    timer = setTimeout(consider, isFirst ? RESET_MS : CONSIDER_MS, isFirst);
  };
  const onEnd = (): void => {
    // Before HTTP/1.1 there are no interim answers.
    if (response.req.httpVersionMinor >= 1) timer = setTimeout(consider, FIRST_PROBE_MS, false);
  };
  const onClose = (): void => {
    clearTimeout(timer);
    socket.off('end', onEnd);
    if (!response.writableFinished) departure.abort(clientGone());
  };
  response.once('close', onClose);
  if (response.closed || response.destroyed) onClose();
  else if (hasEndedItsSide(response)) onEnd();
  else socket.once('end', onEnd);
  return departure.signal;
}

function clientGone(): RequestError {
  return new RequestError('client_closed_request', 'The request was given up');
}
