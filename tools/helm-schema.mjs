// `npm run helm:schema`: writes the settings into helm/values.schema.json, so that the chart accepts exactly the
// variables of the service, in their ranges. `-- --check` writes nothing and fails when the schema is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import validator from 'class-validator';
import { Environment } from '../dist/libs/config/src/environment.js';
import { SECRET_NAME } from '../dist/libs/config/src/secret-variables.js';

const SCHEMA = fileURLToPath(new URL('../helm/values.schema.json', import.meta.url));

/** What is decided for each pod: one process, named after its pod. */
const OWN = new Set(['WORKER_COUNT', 'WORKER_NAME']);

const rules = validator.getMetadataStorage().getTargetValidationMetadatas(Environment, '', false, false);
const names = [...new Set(rules.map(({ propertyName }) => propertyName))].filter((name) => !OWN.has(name));
const settings = names.filter((name) => !SECRET_NAME.test(name));
const secrets = names.filter((name) => SECRET_NAME.test(name));

const schema = JSON.parse(readFileSync(SCHEMA, 'utf8'));
schema.properties.config.properties = Object.fromEntries(settings.map((name) => [name, settingSchema(name)]));
schema.properties.secrets.properties = Object.fromEntries(secrets.map((name) => [name, settingSchema(name)]));
schema.properties.secretRefs.propertyNames = { enum: secrets };

const text = `${JSON.stringify(schema, null, 2)}\n`;
if (process.argv.includes('--check')) {
  if (readFileSync(SCHEMA, 'utf8') !== text) {
    console.error('helm/values.schema.json does not have the settings of the service: npm run helm:schema');
    process.exit(1);
  }
} else writeFileSync(SCHEMA, text);

/** What a variable may hold, from the rules it is validated by; numbers and flags also as the text they become. */
function settingSchema(property) {
  const own = rules.filter(({ propertyName, name }) => propertyName === property && name !== undefined);
  const constraint = (name) => own.find((rule) => rule.name === name)?.constraints?.[0];
  const has = (name) => own.some((rule) => rule.name === name);
  if (has('isInt')) {
    return {
      type: ['integer', 'string'],
      pattern: '^-?[0-9]+$',
      minimum: constraint('min'),
      maximum: constraint('max'),
    };
  }
  if (has('isNumber') || has('min') || has('max')) {
    return { type: ['number', 'string'], minimum: constraint('min'), maximum: constraint('max') };
  }
  if (has('isBoolean')) return flag();
  const choices = constraint('isIn');
  if (choices) return choices.includes(true) ? flag() : { enum: [...choices] };
  return { type: 'string', minLength: constraint('minLength') ?? 1, pattern: portablePattern(constraint('matches')) };
}

function flag() {
  return { enum: [true, false, 'true', 'false'] };
}

/** Helm knows no flags of an expression and no looking around. */
function portablePattern(expression) {
  const usable = expression instanceof RegExp && expression.flags === '' && !/\(\?[=!<]/.test(expression.source);
  return usable ? expression.source : undefined;
}
