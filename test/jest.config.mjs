/** Jest settings for every ring of tests; `npm test` narrows by path. */
export default {
  rootDir: '..',
  testMatch: ['<rootDir>/libs/**/*.spec.ts', '<rootDir>/apps/**/*.spec.ts', '<rootDir>/test/**/*.spec.ts'],
  testEnvironment: 'node',
  // Nest 12 is ESM only and Node 20 cannot run Jest's ESM mode with CommonJS packages that require it: all becomes CommonJS here.
  transform: {
    '^.+\\.(t|j|mj)s$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true, dynamicImport: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
          keepClassNames: true,
        },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  transformIgnorePatterns: [],
  resolver: '<rootDir>/test/jest-resolver.cjs',
  testSequencer: '<rootDir>/test/jest-sequencer.cjs',
  // Engine code calls Math millions of times; through the sandbox's global object each call would be slow.
  sandboxInjectedGlobals: ['Math'],
  testTimeout: 30_000,
};
