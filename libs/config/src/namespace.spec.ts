import { defineNamespace } from './namespace.js';
import { choice, count, port, text } from './setting-kinds.js';

const printing = defineNamespace({
  title: 'Printing',
  readBy: ['worker'],
  settings: {
    PRINTER: choice(['none', 'network'])({ default: 'none', description: 'Kind of printer.' }),
    PRINTER_HOST: text({
      required: 'where the printer is',
      when: { PRINTER: 'network' },
      description: 'Host of the printer.',
    }),
    PRINTER_PORT: port({ default: 9100, description: 'Port of the printer.' }),
    PRINTER_ADMIN_PORT: port({ unset: 'none', description: 'Port of its administration.' }),
    PRINTER_PIN: count(1000, 9999)({ unset: 'none', secret: true, description: 'Its PIN.' }),
  },
  rules: [
    {
      of: ['PRINTER_ADMIN_PORT', 'PRINTER_PORT'],
      holds: (env) => env.PRINTER_ADMIN_PORT !== env.PRINTER_PORT,
      expected: 'another port than PRINTER_PORT',
    },
  ],
  config: (env) => ({
    kind: env.PRINTER,
    host: env.PRINTER_HOST,
    ports: [env.PRINTER_PORT],
    admin: env.PRINTER_ADMIN_PORT,
  }),
});

const messages = (variables: NodeJS.ProcessEnv) => printing.problems(variables).map(({ message }) => message);

describe('a namespace', () => {
  it('makes a typed configuration of valid variables and defaults', () => {
    const config: {
      readonly kind: 'none' | 'network';
      readonly host: string;
      readonly ports: readonly number[];
      readonly admin?: number;
    } = printing.load({ PRINTER: 'network', PRINTER_HOST: 'p1', PRINTER_ADMIN_PORT: ' 80 ' });
    expect(config).toEqual({ kind: 'network', host: 'p1', ports: [9100], admin: 80 });
  });

  it('reports every problem with what is expected and what came', () => {
    expect(messages({})).toEqual([]);
    expect(messages({ PRINTER: 'network', PRINTER_PORT: '0', PRINTER_ADMIN_PORT: 'x' })).toEqual([
      'PRINTER_HOST is required with PRINTER=network: where the printer is',
      'PRINTER_PORT must be a port number from 1 to 65535, not "0"',
      'PRINTER_ADMIN_PORT must be a port number from 1 to 65535, not "x"',
    ]);
  });

  it('checks a setting only where it applies, and a rule only on valid values', () => {
    expect(messages({ PRINTER: 'fax' })).toEqual(['PRINTER must be none or network, not "fax"']);
    expect(messages({ PRINTER_ADMIN_PORT: '9100' })).toEqual([
      'PRINTER_ADMIN_PORT must be another port than PRINTER_PORT, not "9100"',
    ]);
    expect(messages({ PRINTER_ADMIN_PORT: '9100', PRINTER_PORT: '' })).toHaveLength(1);
    expect(messages({ PRINTER_ADMIN_PORT: '70000', PRINTER_PORT: '70000' })).toHaveLength(2);
  });

  it('quotes no secret', () => {
    expect(messages({ PRINTER_PIN: '12345' })).toEqual(['PRINTER_PIN must be a whole number from 1000 to 9999']);
  });
});
