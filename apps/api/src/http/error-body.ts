import type { ErrorCode, FieldError, PopRenderError } from '#core';

/** The body of every answer that is not 2xx. */
export interface ErrorBody {
  readonly error: string;
  readonly message?: string;
  readonly status: number;
  /** Stable, for programs; docs/errors.md lists them. */
  readonly code: ErrorCode;
  readonly details?: readonly FieldError[];
  readonly request_id: string;
}

/** Codes of what Node, Express and Nest refuse; any other status of theirs below 500 is `invalid_request`. */
const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'request_timeout',
  412: 'precondition_failed',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
  416: 'range_not_satisfiable',
  417: 'expectation_failed',
  431: 'headers_too_large',
};

export function codeOfStatus(status: number): ErrorCode {
  return CODE_OF_STATUS[status] ?? 'invalid_request';
}

/** Public body of an error, without the request id. */
export function bodyOf(error: PopRenderError): Omit<ErrorBody, 'request_id'> {
  const { message, hint, code, details, policy } = error;
  return { error: message, message: hint, status: policy.status, code, details };
}

/** The statuses that come with a time to retry after. */
const RETRIED = new Set([429, 503]);
const RETRY_AFTER_SECONDS = 5;

/** Value of Retry-After, which only some statuses have. @param seconds where the error knows them */
export function retryAfterOf(status: number, seconds = RETRY_AFTER_SECONDS): string | undefined {
  return RETRIED.has(status) ? String(seconds) : undefined;
}
