import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGES = fileURLToPath(new URL('../node_modules', import.meta.url));

/** CommonJS packages that import modules while they work, which Node 20 cannot do for Jest. */
const IMPORTING = ['@opentelemetry/otlp-exporter-base'];

/** Names of the installed packages that must be transformed: those whose files are ES modules, and those that import any. */
function transformedPackages() {
  const names = readdirSync(PACKAGES).flatMap((name) =>
    name.startsWith('@') ? readdirSync(path.join(PACKAGES, name)).map((scoped) => `${name}/${scoped}`) : [name],
  );
  return names.filter((name) => {
    if (IMPORTING.includes(name)) return true;
    try {
      return JSON.parse(readFileSync(path.join(PACKAGES, name, 'package.json'), 'utf8')).type === 'module';
    } catch {
      return false; // A folder of tools, not a package.
    }
  });
}

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
  // What is CommonJS already is loaded as it is: to transform it costs more than all the rest of loading it.
  transformIgnorePatterns: [`/node_modules/(?!(?:${transformedPackages().join('|')})/).*\\.js$`],
  // Beside the packages it is made from, so that the next run finds it, and how long each file took.
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  resolver: '<rootDir>/test/jest-resolver.cjs',
  testSequencer: '<rootDir>/test/jest-sequencer.cjs',
  // Engine code calls Math millions of times; through the sandbox's global object each call would be slow.
  sandboxInjectedGlobals: ['Math'],
  // For what hangs alone: how fast a busy machine is proves nothing.
  testTimeout: 120_000,
};
