import type { ValueTransformer } from 'typeorm';

/** PostgreSQL sends bigint and numeric as text; ours fit a double exactly. */
export const bigintAsNumber: ValueTransformer = { to: (value: unknown) => value, from: Number };
export const numericAsNumber: ValueTransformer = bigintAsNumber;
