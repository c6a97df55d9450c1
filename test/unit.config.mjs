import base from './jest.config.mjs';

/** `npm run test:unit`: specs beside their sources that start no server and paint no prints. */
export default {
  ...base,
  globalSetup: '<rootDir>/test/ensure-built.mjs',
  testMatch: ['<rootDir>/libs/**/*.spec.ts', '<rootDir>/apps/**/*.spec.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '/libs/pipelines/', // prints of every style
    '/apps/cli/src/(cli|machine)\\.spec', // start the command line tool
    '/libs/photo/src/narrow-photos', // measures the memory of processes
    '/libs/photo/src/bmp\\.spec',
  ],
};
