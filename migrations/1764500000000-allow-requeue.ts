import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A failed render may be queued again, but only by an operator's transaction (`SET LOCAL pop_render.requeue = 'on'`), and only with a
 * job of a new generation and without a lease: no previous worker may go on with it.
 */
export class AllowRequeue1764500000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE renders ADD COLUMN requeued_at timestamptz');
    await queryRunner.query(
      guardOf(`
        IF OLD.status = 'failed' AND NEW.status = 'queued'
           AND current_setting('pop_render.requeue', true) = 'on'
           AND NEW.queue_generation > OLD.queue_generation AND NEW.lease_token IS NULL THEN
          RETURN NEW;
        END IF;`),
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(guardOf(''));
    await queryRunner.query('ALTER TABLE renders DROP COLUMN requeued_at');
  }
}

function guardOf(exception: string): string {
  return `
      CREATE OR REPLACE FUNCTION guard_render_end() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN${exception}
        IF OLD.status IN ('completed', 'failed', 'cancelled', 'archived') AND NEW.status <> OLD.status
           AND NOT (NEW.status = 'archived' AND OLD.status <> 'archived') THEN
          RAISE EXCEPTION 'render % has ended as % and cannot become %', OLD.id, OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'guard_render_end';
        END IF;
        RETURN NEW;
      END $$`;
}
