import { Value } from '@sinclair/typebox/value';
import type { Namespace } from './namespace.js';
import { NAMESPACES } from './namespaces/index.js';
import { SECRET_NAME } from './secret-variables.js';
import { SETTINGS } from './settings.js';

const namespaces: readonly Namespace[] = Object.values(NAMESPACES);

describe('the settings', () => {
  it('are each in one namespace', () => {
    const names = namespaces.flatMap(({ settings }) => Object.keys(settings));
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
    expect(names.length).toBe(SETTINGS.size);
    expect(names.length).toBeGreaterThan(80);
  });

  it('have valid defaults and examples', () => {
    for (const [name, setting] of SETTINGS) {
      const values = [setting.default, setting.embeddedDefault, setting.example].filter((value) => value !== undefined);
      const invalid = values.filter((value) => !Value.Check(setting.schema, value));
      expect([name, invalid]).toEqual([name, []]);
    }
  });

  it('that are secrets are those with the name of one, so that they are handled as secrets everywhere', () => {
    for (const [name, { secret = false }] of SETTINGS) expect([name, secret]).toEqual([name, SECRET_NAME.test(name)]);
  });

  it('apply by conditions on other settings of their namespace', () => {
    for (const { settings } of namespaces) {
      const conditions = Object.values(settings).flatMap(({ when = {} }) => Object.entries(when));
      expect(conditions.filter(([name, value]) => !Value.Check(settings[name].schema, value))).toEqual([]);
    }
  });

  it('are described in sentences', () => {
    for (const [name, { description }] of SETTINGS) {
      expect([name, description]).toEqual([name, expect.stringMatching(/^[A-Z`].+\.$/)]);
    }
  });
});
