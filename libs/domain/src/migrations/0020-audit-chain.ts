import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Each line of the audit carries a hash over itself and the line before, so that a line which was changed or taken
 * out shows. Who writes one waits for who is writing one; acts of people are few. The previous release runs on it.
 */
export class AuditChain1764000000020 implements MigrationInterface {
  name = 'AuditChain1764000000020';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE audit_event ADD COLUMN hash bytea;

      CREATE FUNCTION audit_line(e audit_event) RETURNS text LANGUAGE sql STABLE AS $$
        SELECT jsonb_build_array(e.id, extract(epoch FROM e.created_at), e.actor_id, e.action, e.entity_type,
                                 e.entity_id, e.details)::text
      $$;

      -- As the tables' owner: services may add lines and read none.
      CREATE FUNCTION chain_audit_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path FROM CURRENT AS $$
      DECLARE
        before bytea;
      BEGIN
        PERFORM pg_advisory_xact_lock(7305521);
        -- Taken under the lock, so that ids grow along the chain.
        NEW.id := nextval(pg_get_serial_sequence('audit_event', 'id'));
        SELECT hash INTO before FROM audit_event ORDER BY id DESC LIMIT 1;
        NEW.hash := sha256(coalesce(before, '') || convert_to(audit_line(NEW), 'UTF8'));
        RETURN NEW;
      END $$;

      CREATE TRIGGER audit_event_chain BEFORE INSERT ON audit_event
        FOR EACH ROW EXECUTE FUNCTION chain_audit_event();
    `);
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
