import type { FieldError } from '#core';
import type { Reader, Setting } from './setting.js';

export type Settings = Readonly<Record<string, Setting>>;

/** The values of settings by the names of their variables. */
export type Values<V extends Settings> = { readonly [K in keyof V]: V[K] extends Setting<infer T> ? T : never };

type OptionalKeys<T> = { [K in keyof T]-?: undefined extends T[K] ? K : never }[keyof T];
type Flat<T> = { [K in keyof T]: T[K] };

/** An inferred configuration, read-only; what may be undefined may be absent. */
export type Config<T> = T extends readonly (infer E)[]
  ? readonly Config<E>[]
  : T extends object
    ? Flat<
        { readonly [K in Exclude<keyof T, OptionalKeys<T>>]: Config<T[K]> } & {
          readonly [K in OptionalKeys<T>]?: Config<T[K]>;
        }
      >
    : T;

/** A condition on settings that are valid one by one. */
interface Rule<N extends string, T> {
  /** Settings that it compares; the message names the first. It is checked when all are valid. */
  readonly of: readonly [N, ...N[]];
  readonly holds: (values: T) => boolean;
  /** Follows "must be" in the message. */
  readonly expected: string;
}

interface Declaration<V extends Settings, R extends Settings, C> {
  /** Heading in the documents. */
  readonly title: string;
  readonly readBy: readonly Reader[];
  readonly settings: V;
  /** Settings of other namespaces that the configuration or a condition needs too. */
  readonly reads?: R;
  readonly rules?: readonly Rule<(keyof V | keyof R) & string, Values<V & R>>[];
  readonly config: (values: Values<V & R>) => C;
}

/** The settings of one feature, and the typed configuration that it makes of them. */
export interface Namespace<V extends Settings = Settings, C = unknown> {
  readonly title: string;
  readonly readBy: readonly Reader[];
  readonly settings: V;
  readonly reads: Settings;
  /** What is wrong with its own settings. */
  problems(variables: NodeJS.ProcessEnv): FieldError[];
  /** The configuration of variables without problems. */
  load(variables: NodeJS.ProcessEnv): Config<C>;
}

/** Declares the settings of one feature. */
export function defineNamespace<V extends Settings, C, R extends Settings = Record<never, never>>(
  declaration: Declaration<V, R, C>,
): Namespace<V, C> {
  const { title, readBy, settings, rules = [] } = declaration;
  const reads: Settings = declaration.reads ?? {};
  const known: Settings = { ...reads, ...settings };
  return {
    title,
    readBy,
    settings,
    reads,
    problems: (variables) => {
      const found = new Map(problemsOf(known, variables).map((problem) => [problem.field, problem]));
      const values = valuesOf(known, variables) as Values<V & R>;
      for (const { of, holds, expected } of rules) {
        const [field] = of;
        if (of.some((name) => found.has(name)) || holds(values)) continue;
        const quote = known[field].secret ? '' : `, not "${String(values[field])}"`;
        found.set(field, { field, message: `${field} must be ${expected}${quote}` });
      }
      return Object.keys(settings).flatMap((name) => found.get(name) ?? []);
    },
    load: (variables) => declaration.config(valuesOf(known, variables) as Values<V & R>) as Config<C>,
  };
}

/** What is wrong with settings one by one. */
export function problemsOf(settings: Settings, variables: NodeJS.ProcessEnv): FieldError[] {
  return Object.entries(settings).flatMap(([name, setting]) => {
    if (!applies(setting, settings, variables)) return [];
    const message = problemOf(setting, settings, textOf(name, variables));
    return message === undefined ? [] : [{ field: name, message: `${name} ${message}` }];
  });
}

function problemOf(setting: Setting, settings: Settings, text: string | undefined): string | undefined {
  if (text !== undefined) {
    const reading = setting.read(text);
    return 'problem' in reading ? reading.problem : undefined;
  }
  if (setting.required === undefined) return undefined;
  if (setting.required === true) return setting.problem(undefined);
  // A condition that holds by default need not be named.
  const condition = Object.entries(setting.when ?? {}).find(([name, value]) => settings[name].default !== value);
  return `is required${condition ? ` with ${condition.join('=')}` : ''}: ${setting.required}`;
}

/** The value of each setting: the default of those that are unset, invalid or do not apply. */
function valuesOf(settings: Settings, variables: NodeJS.ProcessEnv): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(settings).map(([name, setting]) => [name, valueOf(name, setting, variables)]),
  );
}

function valueOf(name: string, setting: Setting, variables: NodeJS.ProcessEnv): unknown {
  const text = textOf(name, variables);
  const reading = text === undefined ? undefined : setting.read(text);
  return reading && 'value' in reading ? reading.value : setting.default;
}

function applies(setting: Setting, settings: Settings, variables: NodeJS.ProcessEnv): boolean {
  return Object.entries(setting.when ?? {}).every(([name, expected]) => {
    const text = textOf(name, variables);
    const reading = text === undefined ? { value: settings[name].default } : settings[name].read(text);
    return 'value' in reading && reading.value === expected;
  });
}

/** An empty variable counts as unset. */
function textOf(name: string, variables: NodeJS.ProcessEnv): string | undefined {
  return variables[name]?.trim() ? variables[name] : undefined;
}
