import type { RenderStatus } from '#core';

/** Which renders an operator means; what is left out does not narrow. */
export interface RenderSelection {
  readonly status?: RenderStatus;
  readonly ids?: readonly string[];
  /** Ended, or accepted if it has not ended, at this moment or later. */
  readonly since?: Date;
  readonly errorCode?: string;
  /** Found in the error's code or message, whatever the case: as it stands, or as a regular expression of PostgreSQL. */
  readonly errorPattern?: string;
  /** Slug of a style. */
  readonly style?: string;
}

export const RENDER_GROUPINGS = ['error', 'style', 'status'] as const;
export type RenderGrouping = (typeof RENDER_GROUPINGS)[number];

export interface RenderGroup {
  readonly name: string;
  readonly count: number;
}

/** Conditions of a statement and the values they name. */
export interface Conditions {
  readonly where: string;
  readonly values: readonly unknown[];
}

/**
 * SQL for a selection over `renders` as `r` and `styles` as `s`.
 * @param isPattern whether the selection's error pattern is a regular expression, not mere text
 */
export function conditionsOf(selection: RenderSelection, isPattern: boolean): Conditions {
  const { status, ids, since, errorCode, errorPattern, style } = selection;
  const values: unknown[] = [];
  const value = (of: unknown): string => `$${values.push(of)}`;
  const conditions: string[] = [];
  if (status !== undefined) conditions.push(`r.status = ${value(status)}`);
  if (ids !== undefined) conditions.push(`r.id = ANY (${value(ids)}::uuid[])`);
  if (since !== undefined) conditions.push(`coalesce(r.completed_at, r.created_at) >= ${value(since)}`);
  if (errorCode !== undefined) conditions.push(`r.error_code = ${value(errorCode)}`);
  if (style !== undefined) conditions.push(`s.slug = ${value(style)}`);
  if (errorPattern !== undefined) {
    const pattern = value(errorPattern);
    const error = `concat_ws(' ', r.error_code, r.error_message)`;
    const literal = `position(lower(${pattern}::text) in lower(${error})) > 0`;
    conditions.push(isPattern ? `(${literal} OR ${error} ~* ${pattern}::text)` : literal);
  }
  return { where: conditions.length > 0 ? conditions.join(' AND ') : 'true', values };
}
