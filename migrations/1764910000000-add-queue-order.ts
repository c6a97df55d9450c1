import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Held while a render is admitted or ranks are rebased, until the end of the transaction. */
const ADMISSION_LOCK = 7_063_383;
/** The greatest priority that BullMQ takes. */
const MAX_RANK = 2_097_151;

/** SQL: the entries of the index by client, which has NULL under the empty text. */
const OF_CLIENT = "coalesce(client, '') = coalesce(of_client, '')";

/**
 * Who submitted a render while it waits or runs, and its place in a fair order between clients; admission of renders by
 * limits. The previous version of the service goes on inserting without these columns. See ADR 29.
 */
export class AddQueueOrder1764910000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE renders
        ADD COLUMN client varchar(255),
        ADD COLUMN queue_rank integer,
        ADD COLUMN queue_cost smallint NOT NULL DEFAULT 1`);
    await queryRunner.query(`
      CREATE INDEX idx_renders_queue_rank ON renders (status, queue_rank) WHERE status IN ('queued', 'started')`);
    await queryRunner.query(`
      CREATE INDEX idx_renders_client ON renders ((coalesce(client, '')), status, queue_rank)
       WHERE status IN ('queued', 'started')`);
    for (const statement of FUNCTIONS) await queryRunner.query(statement);
    await queryRunner.query(guard({ clearsClient: true }));
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(guard({ clearsClient: false }));
    for (const name of [
      'rebase_queue_ranks',
      'admit_render',
      'queue_refusal',
      'next_queue_rank',
      'queue_virtual_time',
    ]) {
      await queryRunner.query(`DROP FUNCTION ${name}`);
    }
    await queryRunner.query('DROP INDEX idx_renders_client');
    await queryRunner.query('DROP INDEX idx_renders_queue_rank');
    await queryRunner.query('ALTER TABLE renders DROP COLUMN client, DROP COLUMN queue_rank, DROP COLUMN queue_cost');
  }
}

const FUNCTIONS = [
  // The rank of what is being rendered. Where renders of a low rank came back late, the waiting renders set the time: no further
  // behind its head than the cost of what runs.
  `CREATE FUNCTION queue_virtual_time() RETURNS integer LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
     SELECT greatest(1,
       (SELECT max(queue_rank) FROM renders WHERE status = 'started'),
       (SELECT min(queue_rank) FROM renders WHERE status = 'queued')
         - coalesce((SELECT max(queue_cost) FROM renders WHERE status = 'started'), 0)) $$`,
  // Start-time fair queueing: a client's renders follow one another by their cost; one that has none begins at the present.
  `CREATE FUNCTION next_queue_rank(of_client text) RETURNS integer LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
     SELECT least(${MAX_RANK}, greatest(queue_virtual_time(), ${['queued', 'started'].map(endOfLast).join(', ')})) $$`,
  // Every inner statement of a volatile function sees what was committed before it began, also while the lock was waited for.
  `CREATE FUNCTION queue_refusal(of_client text, max_total bigint, max_per_client bigint)
   RETURNS TABLE (code text, retry_after integer) LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
   DECLARE
     exceeded bigint;
     completed bigint;
   BEGIN
     IF max_per_client > 0 AND max_per_client <= (SELECT count(*) FROM (
          SELECT FROM renders WHERE status = 'queued' AND ${OF_CLIENT} LIMIT max_per_client) own) THEN
       code := 'too_many_requests';
       exceeded := max_per_client;
     ELSIF max_total > 0 AND max_total <= (SELECT sum(change) FROM render_counts WHERE status = 'queued') THEN
       code := 'overloaded';
       exceeded := max_total;
     ELSE
       RETURN;
     END IF;
     SELECT count(*) INTO completed FROM (
       SELECT FROM renders WHERE status = 'completed' AND completed_at > now() - interval '5 minutes' LIMIT 1000) lately;
     -- At the pace of the last five minutes, until a tenth of the limit is free.
     retry_after := least(300, greatest(5, ceil(exceeded / 10.0 * 300 / greatest(completed, 1))));
     RETURN NEXT;
   END $$`,
  `CREATE FUNCTION admit_render(of_client text, max_total bigint, max_per_client bigint)
   RETURNS TABLE (rank integer, code text, retry_after integer) LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
   BEGIN
     PERFORM pg_advisory_xact_lock(${ADMISSION_LOCK});
     SELECT refusal.code, refusal.retry_after INTO code, retry_after
       FROM queue_refusal(of_client, max_total, max_per_client) refusal;
     IF code IS NULL THEN
       rank := next_queue_rank(of_client);
     END IF;
     RETURN NEXT;
   END $$`,
  // What waits loses its job, which has the previous priority; the reconciler gives it another one.
  `CREATE FUNCTION rebase_queue_ranks(threshold integer) RETURNS bigint LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
   DECLARE
     base integer;
     rebased bigint;
   BEGIN
     PERFORM pg_advisory_xact_lock(${ADMISSION_LOCK});
     base := queue_virtual_time() - 1;
     IF base < threshold THEN
       RETURN 0;
     END IF;
     UPDATE renders
        SET queue_rank = greatest(1, queue_rank - base),
            queue_generation = queue_generation + CASE WHEN status = 'queued' THEN 1 ELSE 0 END,
            queue_job_id = CASE WHEN status = 'queued' THEN NULL ELSE queue_job_id END
      WHERE status IN ('queued', 'started') AND queue_rank IS NOT NULL;
     GET DIAGNOSTICS rebased = ROW_COUNT;
     RETURN rebased;
   END $$`,
];

/** SQL: the rank at which the last of the client's renders in a state ends. */
function endOfLast(status: string): string {
  return `(SELECT queue_rank + queue_cost FROM renders
            WHERE status = '${status}' AND ${OF_CLIENT} AND queue_rank IS NOT NULL ORDER BY queue_rank DESC LIMIT 1)`;
}

/**
 * The guard of ended renders. A client is personal data: it goes with the state that it is needed in, whatever changes it.
 * What an operator requeues comes in the order of those whose client is unknown.
 */
function guard({ clearsClient }: { clearsClient: boolean }): string {
  const rankRequeued = clearsClient ? 'NEW.queue_rank := next_queue_rank(NULL);' : '';
  const clearClient = clearsClient
    ? `IF NEW.status NOT IN ('queued', 'started') THEN
          NEW.client := NULL;
        END IF;`
    : '';
  return `
      CREATE OR REPLACE FUNCTION guard_render_end() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        ${clearClient}
        IF OLD.status = 'failed' AND NEW.status = 'queued'
           AND current_setting('pop_render.requeue', true) = 'on'
           AND NEW.queue_generation > OLD.queue_generation AND NEW.lease_token IS NULL THEN
          ${rankRequeued}
          RETURN NEW;
        END IF;
        IF OLD.status IN ('completed', 'failed', 'cancelled', 'archived') AND NEW.status <> OLD.status
           AND NOT (NEW.status = 'archived' AND OLD.status <> 'archived') THEN
          RAISE EXCEPTION 'render % has ended as % and cannot become %', OLD.id, OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'guard_render_end';
        END IF;
        RETURN NEW;
      END $$`;
}
