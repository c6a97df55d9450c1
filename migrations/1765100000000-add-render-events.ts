import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * One event for every change of a render's state, written by triggers in the transaction of the change, and a notification
 * that there is one. See ADR 34.
 */
export class AddRenderEvents1765100000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['assets', 'renders']) {
      await queryRunner.query(`ALTER TABLE ${table} VALIDATE CONSTRAINT fk_${table}_owner`);
    }
    await queryRunner.query(`
      CREATE TABLE render_events (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_render_events PRIMARY KEY,
        render_id uuid NOT NULL CONSTRAINT fk_render_events_render REFERENCES renders (id) ON DELETE CASCADE,
        owner_id uuid NOT NULL,
        type varchar(50) NOT NULL,
        payload jsonb NOT NULL DEFAULT '{}',
        created_at timestamptz NOT NULL DEFAULT clock_timestamp()
      )`);
    await queryRunner.query('CREATE INDEX idx_render_events_render ON render_events (render_id, id)');
    for (const statement of FUNCTIONS) await queryRunner.query(statement);
    await queryRunner.query(`
      CREATE TRIGGER notify_render_events AFTER INSERT ON render_events
      REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION notify_render_events()`);
    await queryRunner.query(`
      CREATE TRIGGER record_render_events_inserted AFTER INSERT ON renders
      REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION record_accepted_renders()`);
    // By row: a lease is renewed every second without a new state, and must cost nothing.
    await queryRunner.query(`
      CREATE TRIGGER record_render_events_updated AFTER UPDATE OF status ON renders
      FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION record_render_event()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const change of ['updated', 'inserted']) {
      await queryRunner.query(`DROP TRIGGER record_render_events_${change} ON renders`);
    }
    await queryRunner.query('DROP TABLE render_events');
    for (const name of ['record_render_event', 'record_accepted_renders', 'notify_render_events']) {
      await queryRunner.query(`DROP FUNCTION ${name}`);
    }
  }
}

const FUNCTIONS = [
  // A listener reads the table; what it is sent only wakes it. One of many events in a statement does.
  `CREATE FUNCTION notify_render_events() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
   DECLARE
     newest bigint := (SELECT max(id) FROM added);
   BEGIN
     IF newest IS NOT NULL THEN
       PERFORM pg_notify('render_events', newest::text);
     END IF;
     RETURN NULL;
   END $$`,
  `CREATE FUNCTION record_accepted_renders() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
   BEGIN
     INSERT INTO render_events (render_id, owner_id, type, payload)
     SELECT id, owner_id, 'render.accepted', jsonb_build_object('to', status) FROM added;
     RETURN NULL;
   END $$`,
  // Back in the queue: by an operator after it had failed, by an operator from a worker that hangs (both give it a job of
  // another generation), because its worker or process was lost, or for another try.
  `CREATE FUNCTION record_render_event() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
   BEGIN
     INSERT INTO render_events (render_id, owner_id, type, payload)
     VALUES (NEW.id, NEW.owner_id,
       'render.' || CASE
         WHEN NEW.status <> 'queued' THEN NEW.status
         WHEN OLD.status = 'failed' THEN 'requeued'
         WHEN NEW.queue_generation > OLD.queue_generation THEN 'recovered'
         WHEN NEW.lost_attempts > OLD.lost_attempts THEN 'lost'
         ELSE 'released'
       END,
       jsonb_strip_nulls(jsonb_build_object(
         'from', OLD.status, 'to', NEW.status, 'attempt', NEW.attempt, 'error_code', NEW.error_code)));
     RETURN NULL;
   END $$`,
];
