import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When renders were archived and photos given up, and what operators search by. */
export class AddArchive1764600000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE renders ADD COLUMN archived_at timestamptz');
    await queryRunner.query('ALTER TABLE assets ADD COLUMN archived_at timestamptz');
    await queryRunner.query("UPDATE renders SET archived_at = updated_at WHERE status = 'archived'");
    // For operators, who ask what ended lately, and for the newest whatever became of them.
    await queryRunner.query('CREATE INDEX idx_renders_status_completed ON renders (status, completed_at)');
    await queryRunner.query('CREATE INDEX idx_renders_created ON renders (created_at, id)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX idx_renders_created');
    await queryRunner.query('DROP INDEX idx_renders_status_completed');
    await queryRunner.query('ALTER TABLE assets DROP COLUMN archived_at');
    await queryRunner.query('ALTER TABLE renders DROP COLUMN archived_at');
  }
}
