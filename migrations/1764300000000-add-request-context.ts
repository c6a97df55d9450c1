import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddRequestContext1764300000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      'ALTER TABLE renders ADD COLUMN request_id varchar(128), ADD COLUMN traceparent varchar(55)',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE renders DROP COLUMN request_id, DROP COLUMN traceparent');
  }
}
