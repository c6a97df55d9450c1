// Who may import whom. Each rule names the layer it protects; `npm test` fails on a breach.
const lib = (name) => `^libs/${name}/`;

/** Imports inside the project that a library may make, besides its own files. */
const allowed = {
  core: [],
  sandbox: ['core'],
  lifecycle: ['core'],
  config: ['core', 'sandbox'],
  photo: ['core', 'sandbox'],
  pipelines: ['core', 'photo', 'sandbox'],
  storage: ['core', 'config'],
  persistence: ['core', 'config'],
  queue: ['core', 'config'],
  health: ['core', 'config'],
  observability: ['core', 'config'],
  application: ['core', 'observability', 'persistence'],
};

/** Second front doors: parts of a library that others may import without the rest of it. */
const CONNECTION = '^libs/persistence/src/connection/index\\.ts$';
const PHOTO_HEADER = '^libs/photo/src/header/';

module.exports = {
  forbidden: [
    ...Object.entries(allowed).map(([name, others]) => ({
      name: `${name}-imports`,
      comment: `libs/${name} may import ${others.map((other) => `libs/${other}`).join(', ') || 'no other library'}`,
      severity: 'error',
      from: { path: lib(name) },
      to: {
        path: '^(apps|libs|migrations)/',
        pathNot: [...[name, ...others].map(lib), ...(name === 'queue' ? [CONNECTION] : [])],
      },
    })),
    {
      name: 'application-without-observability',
      comment: 'the use cases get their log and traces handed in: operator commands do not load what writes them',
      severity: 'error',
      from: { path: lib('application'), pathNot: '\\.spec\\.ts$' },
      to: { path: lib('observability'), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'api-without-engine',
      comment: 'the API never loads the render engine, not even through others',
      severity: 'error',
      from: { path: '^apps/api/' },
      to: { path: lib('pipelines'), reachable: true },
    },
    {
      name: 'api-without-decoder',
      comment: 'the API never loads what decodes photos: that is for a process of its own',
      severity: 'error',
      from: { path: '^apps/api/', pathNot: '^apps/api/src/assets/inspection/inspection-process\\.ts$' },
      to: { path: [lib('photo'), 'node_modules/(sharp|@cwasm)/'], pathNot: PHOTO_HEADER, reachable: true },
    },
    {
      name: 'apps-apart',
      comment: 'the API and the worker know nothing of one another; only the embedded profile joins them',
      severity: 'error',
      from: { path: '^apps/(api|worker)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'cli-imports',
      comment: 'the art commands of the command line tool need the engine alone, no service',
      severity: 'error',
      from: { path: '^apps/cli/', pathNot: ['\\.spec\\.ts$', '^apps/cli/src/operator/'] },
      to: {
        path: '^(apps|libs|migrations|test)/',
        pathNot: ['^apps/cli/', ...['core', 'photo', 'pipelines'].map(lib)],
      },
    },
    {
      name: 'operator-imports',
      comment:
        'its operator commands work with the servers of a deployment by the ports and their adapters, without the services',
      severity: 'error',
      from: { path: '^apps/cli/src/operator/', pathNot: '\\.spec\\.ts$' },
      to: {
        path: '^(apps|libs|test)/',
        pathNot: [
          '^apps/cli/',
          ...['core', 'config', 'persistence', 'queue', 'storage', 'application', 'sandbox', 'pipelines'].map(lib),
        ],
      },
    },
    {
      name: 'plain-core-and-engine',
      comment:
        'the core, the photo reader, the engine, its tool and what runs them know neither Nest nor HTTP nor a database nor a queue',
      severity: 'error',
      from: {
        path: '^(apps/cli|libs/(core|photo|pipelines|lifecycle|sandbox))/',
        pathNot: '^libs/lifecycle/src/http/',
      },
      to: { path: 'node_modules/(@nestjs|typeorm|pg|bullmq|ioredis|minio|express|multer|prom-client|pino)/' },
    },
    {
      name: 'core-without-io',
      comment: 'the core does no input or output',
      severity: 'error',
      from: { path: lib('core'), pathNot: '\\.spec\\.ts$' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?stream$' },
    },
    {
      name: 'technology-in-its-adapter',
      comment: 'each technology is known to one library',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '^libs/(persistence|queue|storage)/' },
      to: { path: 'node_modules/(typeorm|pg|bullmq|ioredis|minio)/' },
    },
    {
      name: 'telemetry-in-its-adapter',
      comment: 'what sends traces and errors elsewhere is known to one library, which loads it only when asked for',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: '^libs/observability/src/telemetry/' },
      to: { path: 'node_modules/(@opentelemetry|@sentry)/' },
    },
    {
      name: 'by-the-front-door',
      comment: 'a library is imported by its index',
      severity: 'error',
      from: { path: '^(apps|libs|migrations)/([^/]+)/', pathNot: '\\.spec\\.ts$' },
      to: {
        path: '^libs/([^/]+)/',
        pathNot: ['^libs/$2/', '^libs/[^/]+/src/index\\.ts$', CONNECTION, '^libs/photo/src/header/index\\.ts$'],
      },
    },
    {
      name: 'no-test-in-product',
      comment: 'what tests share lies in test/support, and specs alone import it',
      severity: 'error',
      from: { path: '^(apps|libs|migrations)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^test/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '/dist/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: '.dependency-cruiser.tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
