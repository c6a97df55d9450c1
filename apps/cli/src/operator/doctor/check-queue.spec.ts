import type { RedisInfo } from '#queue';
import { judgeQueue, judgeRedis } from './check-queue.js';

const SOUND: RedisInfo = {
  version: '7.2.4',
  unfit: undefined,
  policy: 'noeviction',
  maxMemoryBytes: 1e9,
  usedMemoryBytes: 2e8,
  fragmentation: 1.1,
  appendOnly: true,
  persisting: true,
};

/** Checks that do not end well, with how they end. */
const complaints = (info: Partial<RedisInfo>): string[] =>
  judgeRedis({ ...SOUND, ...info })
    .filter(({ status }) => status !== 'ok')
    .map(({ check, status }) => `${status} ${check}`);

describe('what the doctor reports about Redis', () => {
  it('has nothing against a sound one', () => expect(complaints({})).toEqual([]));

  it.each<[string, Partial<RedisInfo>]>([
    ['fail redis version', { version: '6.0.16' }],
    ['fail redis eviction', { unfit: 'Redis is a read-only replica' }],
    ['warn redis eviction', { policy: 'allkeys-lru' }],
    ['warn redis append-only file', { appendOnly: false }],
    ['fail redis persistence', { persisting: false }],
    ['fail redis memory', { usedMemoryBytes: 9.5e8 }],
    ['warn redis memory', { fragmentation: 2 }],
  ])('%s', (complaint, info) => expect(complaints(info)).toEqual([complaint]));

  it('accepts the ratio of a small one', () => {
    expect(complaints({ fragmentation: 8, usedMemoryBytes: 2e6 })).toEqual([]);
  });
});

describe('what the doctor reports about the queue', () => {
  const sound = { waiting: 3, active: 1, delayed: 0, failed: 0, paused: false, workers: ['host:1'] };
  it.each([
    [[], {}],
    [['queue'], { failed: 1 }],
    [['queue paused'], { paused: true }],
    [['workers'], { workers: [] }],
  ])('warns of %j for %j', (checks, info) => {
    const findings = judgeQueue({ ...sound, ...info }).filter(({ status }) => status !== 'ok');
    expect(findings.map(({ check }) => check)).toEqual(checks);
    expect(findings.every(({ status, advice }) => status === 'warn' && advice)).toBe(true);
  });
});
