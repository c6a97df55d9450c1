import { type ErrorCode, errorPolicy, type ErrorPolicy } from './error-codes.js';

export { ERROR_GROUPS, type ErrorCode, errorPolicy, isErrorCode, MAX_ATTEMPTS_TRANSIENT } from './error-codes.js';

/** What is wrong with one field, for the `details` list of an error body. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

export interface AppErrorOptions {
  /** Longer explanation for the client: what to do about it. */
  readonly hint?: string;
  readonly details?: readonly FieldError[];
  /** Seconds after which the client should try again, where that is known better than by its code. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** An error we foresaw. `message` is safe to show to a client; the cause goes to the log only. */
export class PopRenderError extends Error {
  readonly hint?: string;
  readonly details?: readonly FieldError[];
  readonly retryAfterSeconds?: number;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: AppErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  get policy(): ErrorPolicy {
    return errorPolicy(this.code);
  }

  /** Whether the work should be tried again after it failed so for the `number`th time. */
  isRetryable(number: number): boolean {
    return number < this.policy.maxAttempts;
  }
}

/** The client asked for something we refuse: bad field, unknown id, wrong state. */
export class RequestError extends PopRenderError {
  declare readonly code:
    | 'invalid_request'
    | 'request_timeout'
    | 'client_closed_request'
    | 'payload_too_large'
    | 'headers_too_large'
    | 'method_not_allowed'
    | 'unsupported_encoding'
    | 'unsupported_media_type'
    | 'expectation_failed'
    | 'forbidden'
    | 'not_found'
    | 'conflict'
    | 'archived';
}

/** The service, or what it grants one client, has as much to do as it can hold: come back later. */
export class OverloadError extends PopRenderError {
  declare readonly code: 'overloaded' | 'too_many_requests' | 'storage_full';
}

/** The picture itself is the reason: not a format we read, broken, or too big. */
export class PhotoError extends PopRenderError {
  declare readonly code: 'unsupported_format' | 'corrupt_photo' | 'photo_too_large' | 'photo_too_complex';
}

/** A style's settings do not fit its schema; `details` names each setting. */
export class SettingsError extends PopRenderError {
  constructor(style: string, details: readonly FieldError[]) {
    super('invalid_settings', `Invalid settings for style ${style}`, { details });
  }
}

/** The render itself could not be carried through. */
export class RenderError extends PopRenderError {
  declare readonly code:
    | 'unknown_style'
    | 'unknown_profile'
    | 'invalid_layout'
    | 'render_timeout'
    | 'render_aborted'
    | 'render_held'
    | 'poison_photo'
    | 'memory_exceeded'
    | 'engine_crashed'
    | 'internal';
}

/** A server we depend on is unreachable, slow or refuses. */
export class DependencyError extends PopRenderError {
  declare readonly code: 'storage_unavailable' | 'database_unavailable' | 'queue_unavailable' | 'object_missing';
}

/** Wrong or missing settings of the process; `details` lists each variable. */
export class ConfigurationError extends PopRenderError {
  constructor(message: string, details: readonly FieldError[]) {
    super('invalid_configuration', message, { details });
  }
}

/**
 * Any thrown value as a {@link PopRenderError}: a lack of room for files becomes `storage_unavailable`, the unforeseen
 * `internal`, with the original as cause.
 */
export function toPopRenderError(thrown: unknown): PopRenderError {
  if (thrown instanceof PopRenderError) return thrown;
  if (isResourceExhausted(thrown)) {
    return new DependencyError('storage_unavailable', 'There is no room for files', { cause: thrown });
  }
  return new PopRenderError('internal', 'Internal server error', { cause: thrown });
}

const LACK_OF_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EMFILE', 'ENFILE']);

/** A disk that is full or may not be written, or no file handle left: it passes, and no input causes it. */
export function isResourceExhausted(thrown: unknown): boolean {
  const code = (thrown as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' && LACK_OF_ROOM.has(code);
}

/** An error as plain data, to cross a process boundary. */
export interface SerializedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  readonly details?: readonly FieldError[];
  readonly stack?: string;
}

export function serializeError(thrown: unknown): SerializedError {
  const error = toPopRenderError(thrown);
  const origin = error.code === 'internal' && error.cause instanceof Error ? error.cause : error;
  const { code, message, hint, details } = error;
  return { code, message, hint, details, stack: origin.stack };
}

export function deserializeError({ code, message, hint, details, stack }: SerializedError): PopRenderError {
  const cause = new Error(message);
  cause.stack = stack;
  return new PopRenderError(code, message, { hint, details, cause });
}
