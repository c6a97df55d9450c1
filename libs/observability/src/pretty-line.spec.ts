import { prettyLine } from './pretty-line.js';

const HOSTILE = 'a\u001b]0;owned\u0007b\u009b31mc\u202egpj\u2028d\u0085e\rf';
/** Colors are ours. */
const shown = (line: string): string => prettyLine(line).replaceAll(/\p{Cc}\[\d+m/gu, '');

describe('a line of the log for people', () => {
  it('guarantee: no name or error reaches the terminal with control characters (in the log)', () => {
    const line = JSON.stringify({
      ...{ timestamp: '2026-01-24T10:00:00.000Z', level: `INFO${HOSTILE}`, logger: HOSTILE, message: HOSTILE },
      ...{ filename: HOSTILE, [HOSTILE]: 1, nested: { name: HOSTILE }, traceback: `Error: ${HOSTILE}\n at ${HOSTILE}` },
    });
    expect(shown(line)).not.toMatch(/[^\P{Cc}\n]|[\u2028\u202e]/u);
    // One line, and one for each of the stack.
    expect(shown(line).trimEnd().split('\n')).toHaveLength(3);
    expect(shown(line)).toContain('filename=a ]0;owned b 31mc gpj d e f');
  });
});
