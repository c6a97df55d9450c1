import type { TObject, TSchema } from '@sinclair/typebox';
import { Value, type ValueError } from '@sinclair/typebox/value';
import { SettingsError, type FieldError } from '#core';

/**
 * A style's settings with defaults filled in.
 * @param settings anything; null and undefined mean "all defaults"
 * @throws SettingsError with one problem per bad or unknown field
 */
export function resolveAgainst(slug: string, schema: TObject, settings: unknown): Record<string, unknown> {
  const given = settings ?? {};
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw new SettingsError(slug, [{ field: '', message: 'must be an object' }]);
  }
  const resolved = { ...defaultsOf(schema), ...given };
  const problems = new Map<string, FieldError>();
  for (const error of Value.Errors(schema, resolved)) {
    const field = error.path.slice(1).replaceAll('/', '.');
    if (!problems.has(field)) problems.set(field, { field, message: explain(error) });
  }
  if (problems.size > 0) throw new SettingsError(slug, [...problems.values()]);
  return resolved;
}

/** The default of every setting of a schema. */
export function defaultsOf(schema: TObject): Record<string, unknown> {
  return Object.fromEntries(Object.entries(schema.properties).map(([name, property]) => [name, property.default]));
}

function explain({ path, schema, message }: ValueError): string {
  const name = path.slice(1);
  const property = (schema.properties as Record<string, TSchema> | undefined)?.[name];
  if (schema.type === 'object' && property === undefined) return 'is not a setting of this style';
  if (schema.minimum !== undefined) {
    return `must be ${schema.type === 'integer' ? 'a whole number' : 'a number'} from ${schema.minimum} to ${schema.maximum}`;
  }
  return message;
}
