import { isNativeError } from 'node:util/types';
import { errorFields } from './error-fields.js';

const REDACTED = '[redacted]';

const MAX_TEXT = 8_192;
/** Redacted beyond the cut. */
const MARGIN = 1_024;
const MAX_ITEMS = 5;
const MAX_FIELDS = 50;
const MAX_DEPTH = 6;

/** Parts of a name, without case and punctuation, that make its value a secret. */
const SECRET_PARTS = [
  ...['password', 'passwd', 'passphrase', 'secret', 'token', 'authorization', 'cookie', 'credential', 'signature'],
  ...['apikey', 'accesskey', 'privatekey', 'signingkey', 'dsn', 'connectionstring'],
];
const SECRET_NAMES = new Set(['pass', 'pwd', 'auth', 'sig']);

/** To the last `@` before the path: a password may hold one. */
const USER_IN_URL = /(\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/?#]{1,512}@/gi;
const BEARER = /\b(Bearer\s+)[\w.~+/=-]{8,}/gi;
/** `name=value`, as in the query of a link; the value of a database's setting may be in quotes. */
const ASSIGNMENT = /([\w.%-]{2,64})=(?:'[^']{1,512}'|"[^"]{1,512}"|[^\s&;,"'<>#\\]+)/g;
/** `"name":"value"` of JSON, `name: 'value'` of an object that was printed. */
const QUOTED_FIELD = /([\w.-]{2,64})(["']?\s?:\s?)("(?:[^"\\]|\\.){1,4096}"|'(?:[^'\\]|\\.){1,4096}')/g;
/** A header, to the end of its line. Only known names: errors have names such as `SignatureDoesNotMatch: ...` too. */
const HEADER =
  /(?<![\w-])((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-amz-security-token|password)(\s?:\s?)(?!\s|["'])[^\r\n]{1,4096}/gi;
/** The client's file name, which may be a person's name: at the end of the photo's key, in paths and messages. */
const PHOTO_NAME = /(\buploads\/[0-9a-f-]{36}\/)[^'"\r\n]+?(?=['"\r\n]|: |$)/g;

/** Whether the value of a field of this name is a secret. */
function isSecretName(name: string): boolean {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  return SECRET_NAMES.has(plain) || SECRET_PARTS.some((part) => plain.includes(part));
}

/** The text without signatures of links, passwords in URLs, names of photos and the like, cut to a few kilobytes. */
export function redactedText(text: string): string {
  // Cut last: half a secret would not be recognized.
  const clean = text
    .slice(0, MAX_TEXT + MARGIN)
    .replace(PHOTO_NAME, '$1[name]')
    .replace(HEADER, `$1$2${REDACTED}`)
    .replace(QUOTED_FIELD, (whole, name: string, colon: string, [quote]: string) =>
      isSecretName(name) ? `${name}${colon}${quote}${REDACTED}${quote}` : whole,
    )
    .replace(USER_IN_URL, `$1${REDACTED}@`)
    .replace(BEARER, `$1${REDACTED}`)
    .replace(ASSIGNMENT, (whole, name: string) => (isSecretName(name) ? `${name}=${REDACTED}` : whole));
  return text.length > MAX_TEXT ? `${clean.slice(0, MAX_TEXT)}... ${text.length - MAX_TEXT} more` : clean;
}

/** The value as plain data that may leave the process: secrets replaced at any depth, long lists and texts cut. */
export function redacted(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return redactedText(value);
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value);
  if (typeof value === 'function') return '[function]';
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof URL) return redactedText(value.href);
  if (depth >= MAX_DEPTH) return '[deeper]';
  if (isNativeError(value)) return redacted(errorFields(value), depth + 1);
  if (value instanceof Map) return redacted(Object.fromEntries(value), depth);
  if (value instanceof Set) return redacted([...value], depth);
  if (Array.isArray(value)) return redactedList(value, depth + 1);
  const fields = Object.entries(value).slice(0, MAX_FIELDS);
  return Object.fromEntries(
    fields.map(([name, inner]) => [
      name,
      isSecretName(name) && inner !== undefined && inner !== null ? REDACTED : redacted(inner, depth + 1),
    ]),
  );
}

function redactedList(items: readonly unknown[], depth: number): unknown[] {
  const shown = items.slice(0, MAX_ITEMS).map((item) => redacted(item, depth));
  return items.length > MAX_ITEMS ? [...shown, `... ${items.length - MAX_ITEMS} more`] : shown;
}
