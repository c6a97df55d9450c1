/** Whether everything is tested in its long form: `npm run test:long`. */
export const LONG_RUN = process.env.TEST_LONG === '1';

/** A test of what `npm test` shows by a shorter one too. */
export const itInLongRun: jest.It = LONG_RUN ? it : it.skip;
