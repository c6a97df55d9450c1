import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When renders were archived and photos given up; and when each migration was applied. */
export class AddArchive1764600000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE renders ADD COLUMN archived_at timestamptz');
    await queryRunner.query('ALTER TABLE assets ADD COLUMN archived_at timestamptz');
    await queryRunner.query("UPDATE renders SET archived_at = updated_at WHERE status = 'archived'");
    // In two steps: of those applied before nobody knows the time.
    await queryRunner.query('ALTER TABLE schema_migrations ADD COLUMN applied_at timestamptz');
    await queryRunner.query('ALTER TABLE schema_migrations ALTER COLUMN applied_at SET DEFAULT now()');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE schema_migrations DROP COLUMN applied_at');
    await queryRunner.query('ALTER TABLE assets DROP COLUMN archived_at');
    await queryRunner.query('ALTER TABLE renders DROP COLUMN archived_at');
  }
}
