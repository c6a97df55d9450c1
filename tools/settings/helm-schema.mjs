/** The values of the chart with the settings of the service, which it accepts in their ranges and no others. */
export function helmSchema(namespaces, current) {
  const schema = JSON.parse(current);
  const settings = namespaces
    .flatMap((namespace) => Object.entries(namespace.settings))
    .filter(([, { setBy = [] }]) => !setBy.includes('helm'));
  const schemasOf = (some) => Object.fromEntries(some.map(([name, { schema: own }]) => [name, valueSchema(own)]));
  const secrets = settings.filter(([, { secret }]) => secret);
  schema.properties.config.properties = schemasOf(settings.filter(([, { secret }]) => !secret));
  schema.properties.secrets.properties = schemasOf(secrets);
  schema.properties.secretRefs.propertyNames = { enum: secrets.map(([name]) => name) };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** What a value may be in YAML: numbers and flags also as the text that becomes one. */
function valueSchema({ type, anyOf, minimum, maximum, minLength, pattern }) {
  if (anyOf) return { enum: anyOf.map(({ const: value }) => value) };
  if (type === 'boolean') return { enum: [true, false, 'true', 'false'] };
  if (type === 'integer') return { type: [type, 'string'], pattern: '^-?[0-9]+$', minimum, maximum };
  if (type === 'number') return { type: [type, 'string'], minimum, maximum };
  return { type, minLength, pattern: portable(pattern) };
}

/** Helm's regular expressions have no lookaround. */
function portable(pattern = '') {
  return pattern === '' || /\(\?[=!<]/.test(pattern) ? undefined : pattern;
}
