import type { Queryable } from '../database/database.js';
import { statement } from '../database/statement.js';

/** One thing that somebody did. `details` never holds a secret or a value of a variable. */
export interface AuditEntry {
  /** The user who acted; null for the server itself or somebody not known yet. */
  actorId: number | null;
  /** `noun.verb`, such as `token.created`. */
  action: string;
  entityType: string;
  entityId: number | null;
  details?: Record<string, unknown>;
}

const insertAuditEvent = statement<[number | null, string, string, number | null, string], never>(
  'insert_audit_event',
  { audit_event: 'i' },
  `INSERT INTO audit_event (actor_id, action, entity_type, entity_id, details) VALUES ($1, $2, $3, $4, $5::jsonb)`,
);

/** Adds one line to the audit; in the transaction of the act where there is one, so that both stand or fall. */
export async function recordAudit(db: Queryable, entry: AuditEntry): Promise<void> {
  const details = JSON.stringify(entry.details ?? {});
  await db.run(insertAuditEvent, entry.actorId, entry.action, entry.entityType, entry.entityId, details);
}
