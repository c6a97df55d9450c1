import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Counts of the renders by state, kept by triggers so that no reader counts rows; the order in which queued renders are
 * looked after; and how far that has got. See ADR 24.
 */
export class CountRenders1764700000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE INDEX idx_renders_queued ON renders ((coalesce(requeued_at, created_at)), id) WHERE status = 'queued'`);
    await queryRunner.query(`
      CREATE TABLE render_counts (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_render_counts PRIMARY KEY,
        status varchar(20) NOT NULL,
        change bigint NOT NULL
      )`);
    await queryRunner.query(`
      CREATE TABLE reconciler_progress (
        id smallint CONSTRAINT pk_reconciler_progress PRIMARY KEY CONSTRAINT chk_reconciler_progress_one_row CHECK (id = 1),
        round_started_at timestamptz NOT NULL,
        waiting_since timestamptz,
        render_id uuid,
        recounted_at timestamptz NOT NULL
      )`);
    await queryRunner.query("INSERT INTO reconciler_progress VALUES (1, '-infinity', NULL, NULL, now())");
    await queryRunner.query(`
      CREATE FUNCTION count_renders() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
      BEGIN
        CASE TG_OP
          WHEN 'INSERT' THEN
            INSERT INTO render_counts (status, change) SELECT status, count(*) FROM changed GROUP BY status;
          WHEN 'DELETE' THEN
            INSERT INTO render_counts (status, change) SELECT status, -count(*) FROM changed GROUP BY status;
          WHEN 'UPDATE' THEN
            INSERT INTO render_counts (status, change) VALUES (OLD.status, -1), (NEW.status, 1);
          ELSE
            TRUNCATE render_counts;
        END CASE;
        RETURN NULL;
      END $$`);
    // These lock out writers until the end of the transaction, so that the first count is exact.
    await queryRunner.query(`
      CREATE TRIGGER count_renders_inserted AFTER INSERT ON renders
      REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_renders()`);
    await queryRunner.query(`
      CREATE TRIGGER count_renders_deleted AFTER DELETE ON renders
      REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION count_renders()`);
    // By row: a lease is renewed every second without a new state, and must cost nothing.
    await queryRunner.query(`
      CREATE TRIGGER count_renders_updated AFTER UPDATE OF status ON renders
      FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION count_renders()`);
    await queryRunner.query(`
      CREATE TRIGGER count_renders_truncated AFTER TRUNCATE ON renders
      FOR EACH STATEMENT EXECUTE FUNCTION count_renders()`);
    await queryRunner.query(
      'INSERT INTO render_counts (status, change) SELECT status, count(*) FROM renders GROUP BY status',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const change of ['truncated', 'updated', 'deleted', 'inserted']) {
      await queryRunner.query(`DROP TRIGGER count_renders_${change} ON renders`);
    }
    await queryRunner.query('DROP FUNCTION count_renders');
    await queryRunner.query('DROP TABLE reconciler_progress');
    await queryRunner.query('DROP TABLE render_counts');
    await queryRunner.query('DROP INDEX idx_renders_queued');
  }
}
