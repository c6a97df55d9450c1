import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateRenderSchema1764000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE assets (
        id uuid CONSTRAINT pk_assets PRIMARY KEY,
        filename varchar(255) NOT NULL,
        minio_key varchar(512) NOT NULL CONSTRAINT uq_assets_minio_key UNIQUE,
        format varchar(50) NOT NULL,
        width_px integer NOT NULL,
        height_px integer NOT NULL,
        file_size_bytes bigint NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await queryRunner.query(`
      CREATE TABLE styles (
        id uuid CONSTRAINT pk_styles PRIMARY KEY,
        name varchar(100) NOT NULL,
        slug varchar(100) NOT NULL CONSTRAINT uq_styles_slug UNIQUE,
        algorithm_config jsonb NOT NULL DEFAULT '{}',
        description text,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await queryRunner.query(`
      CREATE TABLE size_presets (
        id uuid CONSTRAINT pk_size_presets PRIMARY KEY,
        name varchar(100) NOT NULL,
        width_inches numeric(6,2) NOT NULL,
        height_inches numeric(6,2) NOT NULL,
        dpi integer NOT NULL DEFAULT 300,
        created_at timestamptz NOT NULL DEFAULT now()
      )`);
    await queryRunner.query(`
      CREATE TABLE renders (
        id uuid CONSTRAINT pk_renders PRIMARY KEY,
        asset_id uuid NOT NULL CONSTRAINT fk_renders_asset REFERENCES assets (id),
        style_id uuid NOT NULL CONSTRAINT fk_renders_style REFERENCES styles (id),
        size_preset_id uuid NOT NULL CONSTRAINT fk_renders_size_preset REFERENCES size_presets (id),
        status varchar(20) NOT NULL DEFAULT 'queued' CONSTRAINT chk_renders_status
          CHECK (status IN ('queued', 'started', 'completed', 'failed', 'cancelled', 'archived')),
        queue_job_id varchar(100),
        algorithm_config_snapshot jsonb NOT NULL DEFAULT '{}',
        pipeline_version varchar(50),
        output_minio_key varchar(512),
        preview_minio_key varchar(512),
        started_at timestamptz,
        completed_at timestamptz,
        duration_ms integer,
        error_message text,
        metadata jsonb NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await queryRunner.query('CREATE INDEX idx_renders_status ON renders (status)');
    await queryRunner.query('CREATE INDEX idx_renders_status_created ON renders (status, created_at)');
    await queryRunner.query('CREATE INDEX idx_renders_queue_job_id ON renders (queue_job_id)');
    await queryRunner.query('CREATE INDEX idx_renders_asset_id ON renders (asset_id)');
    await queryRunner.query('CREATE INDEX idx_renders_style_id ON renders (style_id)');
    await queryRunner.query('CREATE INDEX idx_renders_size_preset_id ON renders (size_preset_id)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['renders', 'size_presets', 'styles', 'assets']) {
      await queryRunner.query(`DROP TABLE ${table}`);
    }
  }
}
