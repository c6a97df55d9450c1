import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddRenderLeases1764200000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      ALTER TABLE renders
        ADD COLUMN attempt integer NOT NULL DEFAULT 0,
        ADD COLUMN lease_token uuid,
        ADD COLUMN lease_until timestamptz,
        ADD COLUMN lost_attempts integer NOT NULL DEFAULT 0,
        ADD COLUMN result_token uuid,
        ADD COLUMN queue_generation integer NOT NULL DEFAULT 1,
        ADD COLUMN error_code varchar(50)`);
    // A worker that rendered under the former rules holds no lease: its row is free to be taken at once.
    await queryRunner.query("UPDATE renders SET lease_until = now() WHERE status = 'started'");
    await queryRunner.query(`
      CREATE INDEX idx_renders_lease_until ON renders (lease_until) WHERE status = 'started'`);
    await queryRunner.query(`
      CREATE FUNCTION guard_render_end() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF OLD.status IN ('completed', 'failed', 'cancelled', 'archived') AND NEW.status <> OLD.status
           AND NOT (NEW.status = 'archived' AND OLD.status <> 'archived') THEN
          RAISE EXCEPTION 'render % has ended as % and cannot become %', OLD.id, OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'guard_render_end';
        END IF;
        RETURN NEW;
      END $$`);
    await queryRunner.query(`
      CREATE TRIGGER guard_render_end BEFORE UPDATE OF status ON renders
      FOR EACH ROW EXECUTE FUNCTION guard_render_end()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TRIGGER guard_render_end ON renders');
    await queryRunner.query('DROP FUNCTION guard_render_end');
    await queryRunner.query(`
      ALTER TABLE renders
        DROP COLUMN attempt, DROP COLUMN lease_token, DROP COLUMN lease_until,
        DROP COLUMN lost_attempts, DROP COLUMN result_token, DROP COLUMN queue_generation,
        DROP COLUMN error_code`);
  }
}
