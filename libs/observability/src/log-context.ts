import { ClsServiceManager, type ClsStore } from 'nestjs-cls';
import type { Span } from './telemetry/tracer.js';

/** Fields of every line that is logged during some work, such as `request_id` and `render_id`. */
export type LogFields = Readonly<Record<string, string | number | undefined>>;

/** What is known of the work in progress: in the API a request, in the worker a render. Logs and traces read it here. */
export interface WorkContext extends ClsStore {
  readonly logFields?: LogFields;
  readonly span?: Span;
}

/** The one context of the process; Nest injects the same one as `ClsService`. */
const context = ClsServiceManager.getClsService<WorkContext>();

/** The context of the work in progress here; empty outside of any. */
export function workContext(): WorkContext {
  return context.get() ?? {};
}

/** Does the work in the present context, changed so. Undefined log fields add nothing to those of the context. */
export function withContext<T>({ logFields: more = {}, span }: WorkContext, work: () => T): T {
  const current = workContext();
  const logFields: Record<string, string | number | undefined> = { ...current.logFields };
  for (const name of Object.keys(more)) if (more[name] !== undefined) logFields[name] = more[name];
  return context.runWith({ ...current, span: span ?? current.span, logFields }, work);
}

/** Runs the work with these fields, added to the current ones, in each of its log lines. Undefined ones are left out. */
export function withLogFields<T>(fields: LogFields, work: () => T): T {
  return withContext({ logFields: fields }, work);
}

/**
 * Runs the work without any. What a connection logs belongs to no request, though a request may have opened it.
 */
export function withoutLogFields<T>(work: () => T): T {
  return context.exit(work);
}

/** The fields of the current work. */
export function logFields(): LogFields {
  return workContext().logFields ?? {};
}
