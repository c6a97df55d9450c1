const { default: Sequencer } = require('@jest/test-sequencer');

/** Tests of whole deployments, which mostly wait. */
const WAITING = /\/test\/(e2e|chaos|cli|hosts|operations|monitoring)\//;

/** Two tests that wait for every one that computes: the processors stay busy, and no long one is left for the end. */
module.exports = class WaitingBesideComputing extends Sequencer {
  sort(tests) {
    const ordered = super.sort(tests);
    const waiting = ordered.filter(({ path }) => WAITING.test(path));
    const computing = ordered.filter(({ path }) => !WAITING.test(path));
    const mixed = [];
    while (waiting.length > 0) mixed.push(...waiting.splice(0, 2), ...computing.splice(0, 1));
    return [...mixed, ...computing];
  }
};
