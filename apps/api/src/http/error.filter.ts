import { STATUS_CODES } from 'node:http';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import { PopRenderError, toPopRenderError } from '#core';
import { LOGGER, type Logger, Telemetry } from '#observability';
import type { Response } from 'express';
import { hasEndedItsSide, hasGone, isTaken } from './client-presence.js';
import { ConnectionDrainer } from './connection-drainer.js';
import { bodyOf, codeOfStatus, type ErrorBody, retryAfterOf } from './error-body.js';
import { requestIdOf } from './request-context.js';

/** Turns whatever was thrown into the one error body. What we did not foresee is logged whole and shown as a plain 500. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly telemetry: Telemetry,
    private readonly connections: ConnectionDrainer,
  ) {}

  async catch(thrown: unknown, host: ArgumentsHost): Promise<void> {
    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) {
      // Half an answer is sent already: only a cut connection can signal the failure now.
      this.logger[hasGone(response) ? 'info' : 'error']({ err: thrown }, 'Answer broke off');
      response.destroy();
      return;
    }
    const expected = thrown instanceof PopRenderError ? undefined : expectedHttpError(thrown);
    const error = expected ? undefined : toPopRenderError(thrown);
    const body = { ...(expected ?? bodyOf(error!)), request_id: requestIdOf(response) };
    const isGone = await this.answer(response, body, error?.retryAfterSeconds);
    if (error) this.log(error, isGone);
  }

  /** @returns whether the client has gone without its answer */
  private async answer(response: Response, body: ErrorBody, retryAfterSeconds?: number): Promise<boolean> {
    if (hasGone(response)) return true;
    // Those of the file that would have been the answer.
    for (const name of ['Content-Type', 'Content-Disposition']) response.removeHeader(name);
    const retryAfter = retryAfterOf(body.status, retryAfterSeconds);
    if (retryAfter) response.setHeader('Retry-After', retryAfter);
    if (body.code === 'unsupported_encoding') response.setHeader('Accept-Encoding', 'identity');
    response.status(body.status);
    if (body.status >= 500 && hasEndedItsSide(response)) return !(await isTaken(response, body));
    response.json(body);
    return false;
  }

  private log(error: PopRenderError, isGone: boolean): void {
    const fields = { code: error.code };
    const isOurs = error.code === 'internal';
    // What ends with the process fails for reasons of that; a client that has gone misses nothing by it.
    if (isGone && (!isOurs || this.connections.draining)) {
      this.logger.info({ ...fields, err: error }, `${error.message}; the client has gone`);
      return;
    }
    if (isOurs) this.telemetry.report(error, { component: 'api', code: error.code });
    const { level } = error.policy;
    // A client's mistake is no news and needs no stack.
    if (level === 'info') this.logger.info({ ...fields, details: error.details }, error.message);
    else this.logger[level]({ ...fields, err: error }, error.message);
  }
}

/** Errors of Nest's router and of Express itself: unknown routes, malformed URLs and bodies. */
function expectedHttpError(thrown: unknown): Omit<ErrorBody, 'request_id'> | undefined {
  const status = thrown instanceof HttpException ? thrown.getStatus() : (thrown as { status?: unknown } | null)?.status;
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  // Those of other origin, such as of files that could not be sent, may name paths.
  const message = thrown instanceof HttpException || thrown instanceof URIError ? thrown.message : undefined;
  return { error: STATUS_CODES[status] ?? 'Bad Request', message, status, code: codeOfStatus(status) };
}
