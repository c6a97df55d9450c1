/** What follows from an error code, and what it means to a client. One row a code: nothing else decides it. */
export interface ErrorPolicy {
  /** HTTP status of the answer when the error reaches the API's edge. */
  readonly status: number;
  /** Attempts at the same work in all; 1 when it cannot succeed without a change of its input. */
  readonly maxAttempts: number;
  readonly level: 'info' | 'warn' | 'error';
  /** One sentence for docs/errors.md. */
  readonly meaning: string;
}

/** What the recovery of a server cures: with growing pauses, about half an hour. */
export const MAX_ATTEMPTS_TRANSIENT = 12;
/** What may be chance once, but not again and again. */
const MAX_ATTEMPTS_UNKNOWN = 3;

const row = (
  status: number,
  maxAttempts: number,
  level: ErrorPolicy['level'],
  meaning: string,
): Readonly<ErrorPolicy> => ({ status, maxAttempts, level, meaning });

const ONCE = 1;
const UNKNOWN = MAX_ATTEMPTS_UNKNOWN;
const TRANSIENT = MAX_ATTEMPTS_TRANSIENT;

/** Of requests: answered to every client that makes the same one. */
const request = {
  invalid_request: row(400, ONCE, 'info', 'A field, a parameter, a header or the body is missing or invalid.'),
  forbidden: row(403, ONCE, 'info', 'The host, the origin of the page or the signature of the link is not accepted.'),
  not_found: row(404, ONCE, 'info', 'No route has this path, or nothing has this id.'),
  method_not_allowed: row(405, ONCE, 'info', 'The path exists, but not for this method; `Allow` lists those it has.'),
  request_timeout: row(408, UNKNOWN, 'info', 'The request did not arrive in time, or below the minimum rate.'),
  conflict: row(409, ONCE, 'info', 'The resource is not in the state that the request needs.'),
  archived: row(410, ONCE, 'info', 'The files of the render were removed after their retention time.'),
  precondition_failed: row(412, ONCE, 'info', 'A condition of the request, such as `If-Match`, does not hold.'),
  payload_too_large: row(413, ONCE, 'info', 'The body is larger than the limit.'),
  unsupported_encoding: row(415, ONCE, 'info', 'The body is compressed, or sent in an unknown transfer encoding.'),
  unsupported_media_type: row(415, ONCE, 'info', 'The route does not accept a body of this `Content-Type`.'),
  range_not_satisfiable: row(416, ONCE, 'info', 'The file does not have the requested range.'),
  expectation_failed: row(417, ONCE, 'info', 'The header `Expect` asks for something other than `100-continue`.'),
  headers_too_large: row(431, ONCE, 'info', 'The path and the headers together are too long.'),
  client_closed_request: row(499, ONCE, 'info', 'The client closed the connection before its answer; only in logs.'),
} as const;

const photo = {
  unsupported_format: row(400, ONCE, 'info', 'The file is not a JPEG, PNG, TIFF, BMP or WEBP of a kind that is read.'),
  corrupt_photo: row(400, ONCE, 'info', 'The file is damaged, truncated or has data after the picture.'),
  photo_too_complex: row(400, ONCE, 'warn', 'Decoding the photo takes too much memory or time.'),
  photo_too_large: row(400, ONCE, 'info', 'The photo has too many pixels.'),
} as const;

/** Of the service as a whole: the same request succeeds later. */
const service = {
  too_many_requests: row(
    429,
    TRANSIENT,
    'info',
    'This client has reached one of its limits; retry after `Retry-After`.',
  ),
  overloaded: row(503, TRANSIENT, 'info', 'The service is at its limit; retry after `Retry-After`.'),
  storage_full: row(503, TRANSIENT, 'info', 'The storage has no room for another print.'),
  storage_unavailable: row(503, TRANSIENT, 'error', 'The object storage is unreachable or refuses, or a disk is full.'),
  database_unavailable: row(503, TRANSIENT, 'error', 'The database is unreachable or refuses.'),
  queue_unavailable: row(503, TRANSIENT, 'error', 'The queue is unreachable or refuses.'),
  internal: row(500, UNKNOWN, 'error', 'An unexpected error; the log has it under the request id.'),
} as const;

/** Of renders: the `error_code` of a failed one, and what workers log. */
const render = {
  invalid_settings: row(400, ONCE, 'warn', 'The settings of the style do not fit its schema.'),
  unknown_style: row(500, ONCE, 'error', 'The worker does not have this style.'),
  unknown_profile: row(500, ONCE, 'error', 'The worker does not have this color profile.'),
  invalid_layout: row(500, ONCE, 'error', 'The photo cannot be laid out on the sheet.'),
  object_missing: row(500, ONCE, 'error', 'The photo is not in the object storage.'),
  invalid_configuration: row(500, ONCE, 'error', 'A setting of the process is missing or invalid.'),
  render_timeout: row(500, ONCE, 'error', 'The render took longer than its time limit.'),
  render_aborted: row(503, TRANSIENT, 'warn', 'The worker stopped, or lost its lease, during the render.'),
  memory_exceeded: row(500, ONCE, 'error', 'The render took more memory than its limit.'),
  render_held: row(409, TRANSIENT, 'info', 'Another worker holds the lease of the render.'),
  engine_crashed: row(500, TRANSIENT, 'error', 'The process that rendered has crashed.'),
  poison_photo: row(500, ONCE, 'error', 'The render was given up after several workers died of it.'),
} as const;

export const policies = { ...request, ...photo, ...service, ...render } satisfies Record<string, ErrorPolicy>;

export type ErrorCode = keyof typeof policies;

/** Every code, by what it is about. */
export const ERROR_GROUPS: Readonly<Record<'request' | 'photo' | 'service' | 'render', readonly ErrorCode[]>> = {
  request: Object.keys(request) as ErrorCode[],
  photo: Object.keys(photo) as ErrorCode[],
  service: Object.keys(service) as ErrorCode[],
  render: Object.keys(render) as ErrorCode[],
};

/** What follows from a code. */
export function errorPolicy(code: ErrorCode): ErrorPolicy {
  return policies[code];
}

/** Whether a text is one of the codes: what another process sends need not be. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(policies, text);
}
