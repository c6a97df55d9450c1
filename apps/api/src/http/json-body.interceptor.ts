import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { PopRenderError, RequestError } from '#core';
import express, { type Request, type Response } from 'express';
import { defer, type Observable, switchMap } from 'rxjs';
import { BodyFormat } from './body-format.js';
import { bodyRefusal } from './request-rules.js';
import { hasBody } from './unread-requests.js';

export const MAX_JSON_BYTES = 256 * 1024;

const METHODS_WITH_BODY = new Set(['POST', 'PUT', 'PATCH']);

/**
 * Reads JSON bodies, after the guards: no body is read for a client that may not send it, nor for an unknown route. A
 * request without a body has none; the validation of its DTO then lists the missing fields.
 */
@Injectable()
export class JsonBodyInterceptor implements NestInterceptor {
  // Objects and arrays only; compressed bodies are refused by their headers.
  private readonly parse = express.json({ limit: MAX_JSON_BYTES, inflate: false, strict: true, type: () => true });

  constructor(private readonly reflector: Reflector) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<Request>();
    const isForm = this.reflector.get(BodyFormat, context.getHandler()) === 'form';
    if (isForm || !METHODS_WITH_BODY.has(request.method) || !hasBody(request)) return next.handle();
    return defer(() => this.read(request, http.getResponse<Response>())).pipe(switchMap(() => next.handle()));
  }

  /** @throws RequestError `payload_too_large`, `unsupported_media_type`, `unsupported_encoding` or `invalid_request` */
  private async read(request: Request, response: Response): Promise<void> {
    const refusal = bodyRefusal(request);
    if (refusal) throw refusal;
    if (!request.is('application/json')) {
      throw new RequestError('unsupported_media_type', 'Content-Type must be application/json', {
        hint: 'Send the fields as a JSON object.',
      });
    }
    await new Promise<void>((resolve, reject) => {
      this.parse(request, response, (error?: unknown) => (error ? reject(bodyError(error)) : resolve()));
    });
  }
}

function bodyError(error: unknown): Error {
  if (error instanceof PopRenderError) return error;
  const { type, status } = error as { type?: string; status?: number };
  if (status === 413) {
    return new RequestError('payload_too_large', 'JSON body too large (maximum 256 KiB)', { cause: error });
  }
  if (status === 415) {
    return new RequestError('unsupported_media_type', 'JSON must be UTF-8, UTF-16 or UTF-32', { cause: error });
  }
  const hint = type === 'entity.parse.failed' ? 'Send a JSON object or array.' : undefined;
  return new RequestError('invalid_request', 'Malformed JSON body', { hint, cause: error });
}
