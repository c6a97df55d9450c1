import type { Static, TSchema } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

/** Programs that use a setting; `pop-render doctor` checks every one. */
export type Reader = 'api' | 'worker' | 'pop-render';

/** Deployments that give every process a value of its own, so that their documents do not offer the setting. */
export type Deployment = 'helm' | 'systemd';

/** How the text of a variable becomes a value, and which values are valid. */
export interface SettingKind<S extends TSchema> {
  /** JSON Schema of the value. */
  readonly schema: S;
  /** The value of a text, or the text itself when it has none, which the schema then rejects. */
  readonly parse?: (text: string) => unknown;
  /** What follows the variable's name in the message about an invalid value. */
  readonly problem: string | ((value: unknown) => string);
  /** Whether that message ends with the value; never for a secret. */
  readonly quoted?: boolean;
}

interface Documentation {
  /** What it does, with its unit: one sentence of the settings page and of the environment example. */
  readonly description: string;
  /** Whether its value must not appear in messages, logs, ConfigMaps and child processes. */
  readonly secret?: boolean;
  /** Only valid values of these other settings of its namespace make it apply; otherwise it is not checked. */
  readonly when?: Readonly<Record<string, string>>;
  /** Default of `npm start`, where it is another one. */
  readonly embeddedDefault?: string | number;
  /** Value in the environment example; settings without one are comments there. */
  readonly example?: string | number;
  /** Programs that use it, where they are not those of its namespace. */
  readonly readBy?: readonly Reader[];
  readonly setBy?: readonly Deployment[];
}

/** What holds without the variable: a value, an error, or what `unset` describes. */
type Absence<T> =
  | { readonly default: T }
  /** The variable is required: what it is, for the message; `true` for the message about an invalid value. */
  | { readonly required: string | true }
  | { readonly unset: string };

export type SettingOptions<T> = Documentation & Absence<T>;

type ValueOf<T, O> = O extends { readonly unset: string } ? T | undefined : T;

/** One environment variable: its schema, default, documentation and type. */
export interface Setting<T = unknown> extends Documentation {
  readonly schema: TSchema;
  readonly default: T | undefined;
  readonly required: string | true | undefined;
  readonly unset: string | undefined;
  /** The value of a text that is not blank. */
  read(text: string): { readonly value: T } | { readonly problem: string };
  /** What follows the variable's name in the message about a value. */
  problem(value: unknown): string;
}

/** Declares a setting of a kind; its type follows from the kind and from what holds without the variable. */
export function declareSetting<S extends TSchema, const O extends SettingOptions<Static<S>>>(
  kind: SettingKind<S>,
  options: O,
): Setting<ValueOf<Static<S>, O>> {
  const { parse = (text: string): unknown => text } = kind;
  const problem = (value: unknown): string => {
    const quote = kind.quoted && !options.secret ? `, not "${String(value)}"` : '';
    return (typeof kind.problem === 'string' ? kind.problem : kind.problem(value)) + quote;
  };
  return {
    ...options,
    schema: kind.schema,
    default: 'default' in options ? options.default : undefined,
    required: 'required' in options ? options.required : undefined,
    unset: 'unset' in options ? options.unset : undefined,
    problem,
    read: (text) => {
      const value = parse(text);
      return Value.Check(kind.schema, value) ? { value: value as ValueOf<Static<S>, O> } : { problem: problem(value) };
    },
  };
}
