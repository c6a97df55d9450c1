import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When the object store may be swept again after attempts that did not succeed. There is one row at most. */
export class AddSweepAttempts1764800000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE sweep_attempts (
        id smallint CONSTRAINT pk_sweep_attempts PRIMARY KEY CONSTRAINT chk_sweep_attempts_one_row CHECK (id = 1),
        attempts integer NOT NULL,
        not_before timestamptz NOT NULL
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE sweep_attempts');
  }
}
