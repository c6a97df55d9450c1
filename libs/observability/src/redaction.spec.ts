import fc from 'fast-check';
import { redacted, redactedText } from './redaction.js';

const NAMES = [
  ...['password', 'DB_PASSWORD', 'secretKey', 'client-secret', 'token', 'idToken', 'Authorization', 'set-cookie'],
  ...['X-Api-Key', 'accessKeyId', 'MINIO_ACCESS_KEY', 'X-Amz-Signature', 'signature', 'SENTRY_DSN', 'signingKey'],
];
const SECRET = 'hunter2hunter2';

/** The name as another program may write it. */
const secretName = fc
  .tuple(fc.constantFrom(...NAMES), fc.func(fc.boolean()))
  .map(([name, upper]) => [...name].map((char, i) => (upper(i) ? char.toUpperCase() : char.toLowerCase())).join(''));
const plainName = fc.stringMatching(/^(field|render_id|style|size)[0-9]{0,2}$/);

/** An object of some depth, with a secret somewhere in it. */
const holder = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5, depthIdentifier: 'node' },
    fc
      .record({ name: secretName, value: fc.constantFrom<unknown>(SECRET, [SECRET], { inner: SECRET }) })
      .map(({ name, value }) => ({ [name]: value })),
    fc.tuple(plainName, tie('node'), fc.jsonValue({ maxDepth: 2 })).map(([name, inner, other]) => ({
      other,
      [name]: inner,
    })),
    fc.array(tie('node'), { minLength: 1, maxLength: 8 }),
    tie('node').map((inner) => new Map([['inner', inner]])),
    tie('node').map((inner) => Object.assign(new Error('failed'), { cause: new Error('x'), details: inner })),
  ),
})).node;

describe('redaction', () => {
  it('lets no value out that goes by the name of a secret, at any depth and in any case', () => {
    fc.assert(fc.property(holder, (value) => !JSON.stringify(redacted(value)).includes(SECRET)));
  });

  it('leaves what is no secret as it is', () => {
    const harmless = fc.dictionary(
      plainName,
      fc.oneof(fc.integer(), fc.boolean(), fc.constant(null), fc.stringMatching(/^[a-z ]{0,40}$/)),
    );
    fc.assert(fc.property(harmless, (value) => expect(redacted(value)).toEqual(value)));
  });

  it('takes keys out of links and texts, wherever in them', () => {
    const parameter = fc.constantFrom('X-Amz-Signature', 'signature', 'x-amz-credential', 'token', 'api_key');
    const around = fc.stringMatching(/^[a-z /]{0,30}$/);
    const link = fc
      .tuple(around, parameter, fc.stringMatching(/^[a-f0-9]{8,64}$/), around)
      .map(([before, name, key, after]) => [`${before}http://s3:9000/b/o?expires=17&${name}=${key}&v=1 ${after}`, key]);
    fc.assert(
      fc.property(link, ([text, key]) => {
        expect(redactedText(text)).not.toContain(`=${key}`);
        expect(redactedText(text)).toContain('http://s3:9000/b/o?expires=17&');
      }),
    );
  });

  it.each([
    ['connect postgres://user:pa55word@db:5432/x failed', 'connect postgres://[redacted]@db:5432/x failed'],
    ['https://0123abcd@sentry.example.com/1', 'https://[redacted]@sentry.example.com/1'],
    ['postgres://user:pa55@word@db:5432/x', 'postgres://[redacted]@db:5432/x'],
    ['Authorization: Bearer abc.def.ghi', 'Authorization: [redacted]'],
    ['sent Bearer abc.def.ghi', 'sent Bearer [redacted]'],
    ['authorization: Basic dXNlcjpwYTU1\r\nHost: x', 'authorization: [redacted]\r\nHost: x'],
    ['Set-Cookie: sid=abc; Path=/; theme=dark', 'Set-Cookie: [redacted]'],
    ['{"secretAccessKey":"pa55\\"word","user":"x"}', '{"secretAccessKey":"[redacted]","user":"x"}'],
    [`{ password: 'pa55 word', user: 'x' }`, `{ password: '[redacted]', user: 'x' }`],
    ['SignatureDoesNotMatch: The request differs', 'SignatureDoesNotMatch: The request differs'],
    ['password authentication failed for user "x"', 'password authentication failed for user "x"'],
    ['host=db password=pa55word user=x', 'host=db password=[redacted] user=x'],
    [`host=db password='pa55 word' user="x"`, `host=db password=[redacted] user="x"`],
    [
      'Could not store uploads/550e8400-e29b-41d4-a716-446655440000/Anna at 7 (1).jpg: connect ECONNREFUSED',
      'Could not store uploads/550e8400-e29b-41d4-a716-446655440000/[name]: connect ECONNREFUSED',
    ],
    [
      `ENOENT, open '/o/uploads/550e8400-e29b-41d4-a716-446655440000/Anna B.jpg'`,
      `ENOENT, open '/o/uploads/550e8400-e29b-41d4-a716-446655440000/[name]'`,
    ],
    ['GET /v1/renders?page=2', 'GET /v1/renders?page=2'],
  ])('reads "%s" as "%s"', (text, expected) => expect(redactedText(text)).toBe(expected));

  it('cuts long lists and texts', () => {
    expect(redacted([1, 2, 3, 4, 5, 6, 7])).toEqual([1, 2, 3, 4, 5, '... 2 more']);
    const text = redactedText('x'.repeat(100_000));
    expect(text.length).toBeLessThan(9_000);
    expect(text).toMatch(/\.\.\. 91808 more$/);
    const [, start] = redactedText(`${'x'.repeat(8_170)} postgres://user:pa55word@db/x`).split(' ');
    expect('postgres://[redacted]@db/x...'.startsWith(start.slice(0, 20))).toBe(true);
    expect(start).not.toContain('user');
  });

  it('ends on whatever it is given', () => {
    const circle: Record<string, unknown> = { size: 10n, at: new Date(0), bytes: Buffer.alloc(3), call: () => 1 };
    circle.self = circle;
    const shown = redacted(circle) as Record<string, unknown>;
    expect(shown).toMatchObject({ size: '10', at: '1970-01-01T00:00:00.000Z', bytes: '[3 bytes]', call: '[function]' });
    expect(JSON.stringify(shown)).toContain('[deeper]');
    fc.assert(fc.property(fc.anything(), (value) => void JSON.stringify(redacted(value))));
  });
});
