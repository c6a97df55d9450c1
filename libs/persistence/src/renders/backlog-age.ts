/** SQL: since when a queued render waits. One that an operator had tried again waits since then. */
export const WAITING_SINCE = 'coalesce(requeued_at, created_at)';

/**
 * SQL for the seconds that the longest waiting of the queued renders has waited, by the clock of the database; 0 when
 * none is queued. Written so that it reads the first entry of the index `idx_renders_queued`.
 */
export const OLDEST_QUEUED_SECONDS = `greatest(0, coalesce(extract(epoch FROM now() - (
  SELECT ${WAITING_SINCE} FROM renders WHERE status = 'queued' ORDER BY ${WAITING_SINCE}, id LIMIT 1)), 0))::float`;
