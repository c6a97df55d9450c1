import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddRenderProgress1764100000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE renders ADD COLUMN progress smallint NOT NULL DEFAULT 0');
    await queryRunner.query("UPDATE renders SET progress = 100 WHERE status = 'completed'");
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE renders DROP COLUMN progress');
  }
}
