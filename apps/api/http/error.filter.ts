import { STATUS_CODES } from 'node:http';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import { type FieldProblem, PopRenderError, toPopRenderError } from '#core';
import type { Logger } from '#observability';
import type { Telemetry } from '#telemetry';
import type { Response } from 'express';
import { requestIdOf } from './request-context.js';

/** The body of every answer that is not 2xx. */
export interface ErrorBody {
  readonly error: string;
  readonly message?: string;
  readonly status: number;
  readonly details?: readonly FieldProblem[];
  readonly request_id: string;
}

const RETRY_AFTER_SECONDS = 5;

/** Turns whatever was thrown into the one error body. What we did not foresee is logged whole and shown as a plain 500. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(
    private readonly logger: Logger,
    private readonly telemetry: Telemetry,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<Response>();
    const requestId = requestIdOf(response);
    if (response.headersSent) {
      // Half an answer is out already: the cut connection is the only way left to say so.
      this.logger.error({ err: thrown }, 'Answer broke off');
      response.destroy();
      return;
    }
    const body = { ...this.describe(thrown), request_id: requestId };
    // Those of the file that would have been the answer.
    for (const name of ['Content-Type', 'Content-Disposition']) response.removeHeader(name);
    if (body.status === 503) response.setHeader('Retry-After', String(RETRY_AFTER_SECONDS));
    response.status(body.status).json(body satisfies ErrorBody);
  }

  private describe(thrown: unknown): Omit<ErrorBody, 'request_id'> {
    const expected = thrown instanceof PopRenderError ? undefined : expectedHttpError(thrown);
    if (expected) return expected;
    const error = toPopRenderError(thrown);
    const { status, level } = error.policy;
    const facts = { code: error.code };
    if (error.code === 'internal') this.telemetry.report(error, { component: 'api', code: error.code });
    // A client's mistake is no news and needs no stack.
    if (level === 'info') this.logger.info({ ...facts, details: error.details }, error.message);
    else this.logger[level]({ ...facts, err: error }, error.message);
    return { error: error.message, message: error.explanation, status, details: error.details };
  }
}

/** Errors of Nest's router and of Express itself: unknown routes, malformed URLs and bodies. */
function expectedHttpError(thrown: unknown): Omit<ErrorBody, 'request_id'> | undefined {
  const status = thrown instanceof HttpException ? thrown.getStatus() : (thrown as { status?: unknown } | null)?.status;
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  // Those of other origin, such as of files that could not be sent, may name paths.
  const message = thrown instanceof HttpException || thrown instanceof URIError ? thrown.message : undefined;
  return { error: STATUS_CODES[status] ?? 'Bad Request', message, status };
}
