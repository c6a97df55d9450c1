/**
 * SQL, over queued renders: how many seconds the one has waited that waits longest, by the clock of the database; 0 when
 * there is none. One that an operator had tried again waits since then.
 */
export const OLDEST_QUEUED_SECONDS = `greatest(0, coalesce(
  extract(epoch FROM now() - min(coalesce(requeued_at, created_at))), 0))::float`;
