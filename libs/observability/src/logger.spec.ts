import { execFileSync } from 'node:child_process';
import path from 'node:path';

const BUILT = path.resolve(__dirname, '../../../dist/libs/observability/src/index.js');

/** A program with a function that makes a logger by the settings given. */
function program(statements: string): string {
  return `import { createLogger, withLogFields } from ${JSON.stringify(BUILT)};
    const log = (settings) => createLogger('pop-render.test', { logLevel: 'DEBUG', version: '1.2.3', ...settings });
    ${statements}`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** What the program prints into a pipe. */
const piped = (statements: string): string =>
  execFileSync(process.execPath, ['--input-type=module', '-e', program(statements)]).toString();

/** What it prints on a terminal. */
const shown = (statements: string): string => {
  const command = `${quoted(process.execPath)} --input-type=module -e ${quoted(program(statements))}`;
  return execFileSync('script', ['-qec', command, '/dev/null'], { stdio: ['ignore', 'pipe', 'pipe'] }).toString();
};

const parsed = (text: string): Record<string, unknown>[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('the log', () => {
  it('has the documented fields, those of the work at hand, the chain of an error, and no secret', () => {
    const output = piped(`
      const logger = log({});
      withLogFields({ request_id: 'r-1' }, () => withLogFields({ render_id: 'x', asset_id: undefined }, () =>
        logger.info({ style: 'pop-poster', duration_ms: 12 }, 'Render job created')));
      const cause = Object.assign(new TypeError('to postgres://u:hunter2@db'), { code: 'E1' });
      logger.fatal({ err: Object.assign(new Error('outer', { cause }), { code: 'storage' }) }, 'Failed');
      logger.info({ config: [{ dbPassword: 'hunter2' }], url: 'http://s3/o?X-Amz-Signature=hunter2' }, 'token=hunter2');
      withLogFields({ api_key: 'hunter2' }, () => logger.warn('x'));
      logger.error(new Error('signature=hunter2'));`);
    const [line, failed, ...others] = parsed(output);
    expect(line).toEqual({
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/),
      level: 'INFO',
      logger: 'pop-render.test',
      message: 'Render job created',
      service: 'pop-render',
      version: '1.2.3',
      request_id: 'r-1',
      render_id: 'x',
      style: 'pop-poster',
      duration_ms: 12,
    });
    expect(failed).toMatchObject({ level: 'CRITICAL', message: 'Failed', error: 'outer', code: 'storage' });
    expect(failed).not.toHaveProperty('request_id');
    expect(failed.traceback).toMatch(/^Error: outer\n\s+at [\s\S]+Caused by: TypeError: to postgres:\S+\n\s+at /);
    expect(others.map(({ message }) => message)).toEqual(['token=[redacted]', 'x', 'signature=[redacted]']);
    expect(output).not.toContain('hunter2');
  });

  it('is for eyes on a terminal and JSON as soon as it goes elsewhere, unless the settings say otherwise', () => {
    const speak = (settings: object): string =>
      `log(${JSON.stringify(settings)}).warn({ style: 'oil', err: new Error('bad \\u001b[2J') }, 'Hi \\u001b[31m');`;
    const pretty = /WARNING .*pop-render\.test\S* Hi {2}\[31m .*style=oil\S*\r?\n {4}Error: bad {2}\[2J\r?\n {8}at /;
    const json = { level: 'WARNING', message: 'Hi \u001b[31m', style: 'oil' };

    expect(shown(speak({}))).toMatch(pretty);
    expect(parsed(shown(speak({ logFormat: 'json' })))).toMatchObject([json]);
    const [first, ...rest] = piped(speak({}) + speak({ logFormat: 'pretty' })).split('\n');
    expect(JSON.parse(first)).toMatchObject(json);
    expect(rest.join('\n')).toMatch(pretty);
  });
});
