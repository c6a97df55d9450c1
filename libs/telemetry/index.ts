export { exitOnUncaughtException } from './exit-on-uncaught-exception.js';
export { openTelemetry } from './open-telemetry.js';
export { type ErrorContext, type ErrorReporter } from './error-reporter.js';
export { Telemetry } from './telemetry.js';
export { TelemetryModule } from './telemetry.module.js';
export { type Span, type SpanKind, type SpanOptions, type Tracer } from './tracer.js';
