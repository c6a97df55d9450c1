import { readFileSync } from 'node:fs';
import { checkNode } from './check-node.js';

describe('the release of Node.js', () => {
  it.each([
    ['18.20.0', '2026-01-01', 'fail', 'is too old'],
    ['20.18.9', '2026-01-01', 'fail', 'is too old'],
    ['20.19.0', '2026-04-30', 'ok', 'security fixes until 2026-04-30'],
    ['20.20.2', '2026-05-01', 'warn', 'no security fixes since 2026-04-30'],
    ['22.1.0', '2026-11-01', 'ok', 'security fixes until 2027-04-30'],
    ['23.1.0', '2026-11-01', 'warn', 'no security fixes since'],
    ['24.22.3', '2026-11-01', 'ok', 'security fixes until 2028-04-30'],
    ['25.0.0', '2026-11-01', 'warn', 'no security fixes since'],
    ['31.0.0', '2026-11-01', 'ok', 'v31.0.0'],
  ])('%s is on %s: %s', (release, day, status, message) => {
    const finding = checkNode(release, new Date(`${day}T12:00:00Z`));
    expect([finding.status, finding.message]).toEqual([status, expect.stringContaining(message)]);
    expect(finding.advice).toEqual(status === 'ok' ? undefined : expect.stringContaining('Node.js 24'));
  });

  it('is the same in the images, for nvm and in the README as in the advice', () => {
    expect(readFileSync('docker/Dockerfile', 'utf8')).toMatch(/^ARG NODE_IMAGE=node:24-/m);
    expect(readFileSync('.nvmrc', 'utf8').trim()).toBe('24');
    expect(readFileSync('README.md', 'utf8')).toMatch(/Node\.js is all it needs: 24, the LTS line/);
  });
});
