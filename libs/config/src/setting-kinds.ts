// Kinds of settings: what the text of a variable may be, and the message for the operator when it is something else.

import { isIP } from 'node:net';
import { FormatRegistry, type Static, type TSchema, Type, type TUnion, type TLiteral } from '@sinclair/typebox';
import { isURL } from 'class-validator';
import { isGuessable } from './guessable-key.js';
import { declareSetting, type SettingKind, type SettingOptions } from './setting.js';

/** Makes the declaring function of a kind. */
const declaring =
  <S extends TSchema>(kind: SettingKind<S>) =>
  <const O extends SettingOptions<Static<S>>>(options: O): ReturnType<typeof declareSetting<S, O>> =>
    declareSetting(kind, options);

const wholeNumber = (text: string): unknown => (/^-?\d+$/.test(text.trim()) ? Number(text) : text);

/** Any text. */
export const text = declaring({ schema: Type.String({ minLength: 1 }), problem: 'must not be empty' });

/** A text of a form; `expected` follows "must be" in the message about another one. */
export const matching = (form: RegExp, expected: string, { quoted = false } = {}) =>
  declaring({ schema: Type.String({ minLength: 1, pattern: form.source }), problem: `must be ${expected}`, quoted });

/** A port number. */
export const port = declaring({
  schema: Type.Integer({ minimum: 1, maximum: 65_535 }),
  parse: wholeNumber,
  problem: 'must be a port number from 1 to 65535',
  quoted: true,
});

/** A whole number from `minimum` to `maximum`. */
export const count = (minimum: number, maximum: number) =>
  declaring({
    schema: Type.Integer({ minimum, maximum }),
    parse: wholeNumber,
    problem: `must be a whole number from ${minimum} to ${maximum}`,
    quoted: true,
  });

/** A number from 0 to 1. */
export const share = declaring({
  schema: Type.Number({ minimum: 0, maximum: 1 }),
  parse: (value) => Number(value),
  problem: 'must be a number from 0 to 1',
});

const FLAGS = new Map<string, boolean>([
  ...['true', '1', 'yes', 'on'].map((word) => [word, true] as const),
  ...['false', '0', 'no', 'off'].map((word) => [word, false] as const),
]);

/** True or false, in the usual words. */
export const flag = declaring({
  schema: Type.Boolean(),
  parse: (value) => FLAGS.get(value.trim().toLowerCase()) ?? value,
  problem: 'must be true or false',
  quoted: true,
});

/** One of some texts. */
export const choice = <const T extends string>(choices: readonly T[], { upperCase = false } = {}) =>
  declaring({
    schema: Type.Union(choices.map((value) => Type.Literal(value))) as unknown as TUnion<[TLiteral<T>]>,
    ...(upperCase ? { parse: (value: string) => value.trim().toUpperCase() } : {}),
    problem: `must be ${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`,
    quoted: true,
  });

const HOST = /^[0-9A-Za-z.:-]+$/;
/** An address to listen on. */
export const host = matching(HOST, 'an IP address or host name', { quoted: true });

const HTTP_URL = 'http-url';
FormatRegistry.Set(HTTP_URL, (value) =>
  isURL(value, { protocols: ['http', 'https'], require_protocol: true, require_tld: false }),
);
/** A URL of HTTP or HTTPS; `hint` ends the message about something else, which quotes it when there is no hint. */
export const httpUrl = (hint?: string) =>
  declaring({
    schema: Type.String({ minLength: 1, format: HTTP_URL }),
    problem: `must be a http(s) URL${hint === undefined ? '' : ` ${hint}`}`,
    quoted: hint === undefined,
  });

const NETWORKS = 'network-list';
FormatRegistry.Set(NETWORKS, (value) => value.split(',').every((part) => isNetwork(part.trim())));
/** IP addresses, networks in CIDR notation and Express's names of networks, separated by commas. */
export const networks = declaring({
  schema: Type.String({ minLength: 1, format: NETWORKS }),
  problem:
    'must be IP addresses, networks such as 10.0.0.0/8, or loopback, linklocal, uniquelocal, separated by commas',
  quoted: true,
});

const NETWORK_NAMES = new Set(['loopback', 'linklocal', 'uniquelocal']);

function isNetwork(value: string): boolean {
  if (NETWORK_NAMES.has(value)) return true;
  const [address, prefix, ...rest] = value.split('/');
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)]!;
  const isPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= bits);
  return bits > 0 && isPrefix && rest.length === 0;
}

const KEY_LENGTH = 32;
const HARD_TO_GUESS = 'hard-to-guess';
FormatRegistry.Set(HARD_TO_GUESS, (value) => !isGuessable(value));
/** A secret that signs links: long, and not one that a person would think of. */
export const signingKey = declaring({
  schema: Type.String({ minLength: KEY_LENGTH, format: HARD_TO_GUESS }),
  problem: (value) => {
    const how = 'make one with: openssl rand -hex 32';
    return typeof value === 'string' && value.length >= KEY_LENGTH
      ? `is easy to guess (few or repeated characters), and who knows it makes links; ${how}`
      : `must be at least ${KEY_LENGTH} characters with STORAGE_BACKEND=filesystem: it signs links; ${how}`;
  },
});
