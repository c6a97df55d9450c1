import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddStorageUsage1764400000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE storage_usage (
        id smallint CONSTRAINT pk_storage_usage PRIMARY KEY CONSTRAINT chk_storage_usage_one_row CHECK (id = 1),
        bytes bigint NOT NULL,
        objects bigint NOT NULL,
        measured_at timestamptz NOT NULL
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE storage_usage');
  }
}
