import type { Database, Queryable } from '../database/database.js';
import { statement } from '../database/statement.js';
import { recordAudit } from '../audit/record-audit.js';
import { personChanged, type StoredPersonEvent } from './person-changed.js';

export type AccessLevel = 10 | 20 | 30 | 40 | 50;

export interface MemberRow {
  userId: number;
  username: string;
  name: string;
  avatarUrl: string | null;
  state: string;
  accessLevel: number;
  createdAt: Date;
}

/** What is changed about a member, and by whom (null: an operator at the command line). */
export interface MemberChange {
  projectId: number;
  userId: number;
  actorId: number | null;
}

const upsertMember = statement<[number, number, number], { before: number | null }>(
  'upsert_member',
  { membership: 'siu' },
  `WITH before AS (SELECT access_level FROM membership WHERE project_id = $1 AND user_id = $2)
   INSERT INTO membership (project_id, user_id, access_level) VALUES ($1, $2, $3)
   ON CONFLICT (project_id, user_id) DO UPDATE SET access_level = excluded.access_level
   RETURNING (SELECT access_level FROM before) AS before`,
);

const insertMember = statement<[number, number, number], { id: number }>(
  'insert_member',
  { membership: 'is' },
  `INSERT INTO membership (project_id, user_id, access_level) VALUES ($1, $2, $3)
   ON CONFLICT (project_id, user_id) DO NOTHING RETURNING id`,
);

const deleteMember = statement<[number, number], { accessLevel: number }>(
  'delete_member',
  { membership: 'sd' },
  `DELETE FROM membership WHERE project_id = $1 AND user_id = $2 RETURNING access_level AS "accessLevel"`,
);

const selectMembers = statement<[number, number | null, number, number], MemberRow>(
  'select_members',
  { membership: 's', user_account: 's' },
  `SELECT u.id AS "userId", u.username, u.name, u.avatar_url AS "avatarUrl", u.state, m.access_level AS "accessLevel",
          m.created_at AS "createdAt"
   FROM membership m JOIN user_account u ON u.id = m.user_id
   WHERE m.project_id = $1 AND ($2::bigint IS NULL OR u.id = $2)
   ORDER BY m.id LIMIT $3 OFFSET $4`,
);

/** Explicit members of a project, oldest first. */
export async function listMembers(
  db: Queryable,
  projectId: number,
  filter: { userId?: number; limit?: number; offset?: number } = {},
): Promise<MemberRow[]> {
  return db.run(selectMembers, projectId, filter.userId ?? null, filter.limit ?? 100, filter.offset ?? 0);
}

/**
 * Gives a person a role in a project, with its audit line and event in one commit.
 *
 * @returns the event to publish; null when the person is a member already
 */
export async function addMember(
  db: Database,
  change: MemberChange & { accessLevel: AccessLevel },
): Promise<StoredPersonEvent | null> {
  return db.transaction(async (tx) => {
    const added = await tx.first(insertMember, change.projectId, change.userId, change.accessLevel);
    if (!added) return null;
    return note(tx, change, { before: null, after: change.accessLevel });
  });
}

/** Sets a person's role in a project, member already or not. */
export async function setMember(
  db: Database,
  change: MemberChange & { accessLevel: AccessLevel },
): Promise<StoredPersonEvent> {
  return db.transaction(async (tx) => {
    const row = await tx.first(upsertMember, change.projectId, change.userId, change.accessLevel);
    return note(tx, change, { before: row?.before ?? null, after: change.accessLevel });
  });
}

/** Takes a person's explicit role away; null when there was none. What GitHub gives them stays. */
export async function removeMember(db: Database, change: MemberChange): Promise<StoredPersonEvent | null> {
  return db.transaction(async (tx) => {
    const row = await tx.first(deleteMember, change.projectId, change.userId);
    return row ? note(tx, change, { before: row.accessLevel, after: null }) : null;
  });
}

async function note(tx: Queryable, change: MemberChange, details: Record<string, unknown>): Promise<StoredPersonEvent> {
  await recordAudit(tx, {
    actorId: change.actorId,
    action: 'role.changed',
    entityType: 'project',
    entityId: change.projectId,
    details: { ...details, userId: change.userId },
  });
  return personChanged(tx, change.userId);
}
