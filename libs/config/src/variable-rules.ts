// What the text of a variable may be: decorators that turn it into a value and refuse it with words for its operator.

import { isIP } from 'node:net';
import { Transform } from 'class-transformer';
import { IsInt, IsNumber, Max, Min, MinLength, ValidateBy, type ValidationArguments } from 'class-validator';
import { isGuessable } from './guessable-key.js';

/** A whole number, or the text as it came for the validator to name. */
const WholeNumber = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? Number(value) : value,
  );

/** True or false, in the words that people use for them. */
export const Flag = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => {
    if (typeof value !== 'string') return value;
    const text = value.trim().toLowerCase();
    if (['true', '1', 'yes', 'on'].includes(text)) return true;
    if (['false', '0', 'no', 'off'].includes(text)) return false;
    return value;
  });

/** A port number. */
export const Port = (): PropertyDecorator => (target, property) => {
  WholeNumber()(target, property);
  const message = '$property must be a port number from 1 to 65535, not "$value"';
  IsInt({ message })(target, property);
  Min(1, { message })(target, property);
  Max(65535, { message })(target, property);
};

/** Another port than that of this variable. */
export const OtherPortThan = (other: string): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isOtherPort',
      validator: {
        validate: (value: unknown, args?: ValidationArguments) =>
          value !== (args?.object as Record<string, unknown> | undefined)?.[other],
      },
    },
    { message: `$property must be another port than ${other}, not "$value"` },
  );

/** A whole number from `min` to `max`. */
export const Count =
  (min: number, max: number): PropertyDecorator =>
  (target, property) => {
    WholeNumber()(target, property);
    const message = `$property must be a whole number from ${min} to ${max}, not "$value"`;
    IsInt({ message })(target, property);
    Min(min, { message })(target, property);
    Max(max, { message })(target, property);
  };

/** A number from 0 to 1. */
export const Share = (): PropertyDecorator => (target, property) => {
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? Number(value) : value))(target, property);
  const message = '$property must be a number from 0 to 1';
  IsNumber({}, { message })(target, property);
  Min(0, { message })(target, property);
  Max(1, { message })(target, property);
};

const NETWORK_NAMES = new Set(['loopback', 'linklocal', 'uniquelocal']);

/** IP addresses, networks in CIDR notation and Express's names of networks, separated by commas. */
export const ProxyList = (): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isProxyList',
      validator: {
        validate: (value: unknown) =>
          typeof value === 'string' && value.split(',').every((part) => isNetwork(part.trim())),
      },
    },
    {
      message:
        '$property must be IP addresses, networks such as 10.0.0.0/8, or loopback, linklocal, uniquelocal, ' +
        'separated by commas, not "$value"',
    },
  );

function isNetwork(text: string): boolean {
  if (NETWORK_NAMES.has(text)) return true;
  const [address, prefix, ...rest] = text.split('/');
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)]!;
  const isPrefix = prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= bits);
  return bits > 0 && isPrefix && rest.length === 0;
}

const KEY_LENGTH = 32;

/** A secret that signs: long, and not one that a person would think of. */
export const SigningKey = (): PropertyDecorator => (target, property) => {
  const how = 'make one with: openssl rand -hex 32';
  ValidateBy(
    {
      name: 'isHardToGuess',
      validator: { validate: (value: unknown) => typeof value === 'string' && !isGuessable(value) },
    },
    { message: `$property is easy to guess (few or repeated characters), and who knows it makes links; ${how}` },
  )(target, property);
  // The rule that is told when both are broken.
  MinLength(KEY_LENGTH, {
    message: `$property must be at least ${KEY_LENGTH} characters with STORAGE_BACKEND=filesystem: it signs links; ${how}`,
  })(target, property);
};
