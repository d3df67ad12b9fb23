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

const chosen = `m.project_id = $1 AND ($2::bigint IS NULL OR u.id = $2)
  AND ($3::text IS NULL OR position(lower($3) IN lower(u.username)) > 0 OR position(lower($3) IN lower(u.name)) > 0)`;

const selectMembers = statement<[number, number | null, string | null, number, number], MemberRow>(
  'select_members',
  { membership: 's', user_account: 's' },
  `SELECT u.id AS "userId", u.username, u.name, u.avatar_url AS "avatarUrl", u.state, m.access_level AS "accessLevel",
          m.created_at AS "createdAt"
   FROM membership m JOIN user_account u ON u.id = m.user_id
   WHERE ${chosen}
   ORDER BY m.id LIMIT $4 OFFSET $5`,
);

const countMembersUpTo = statement<[number, number | null, string | null, number], { members: number }>(
  'count_members',
  { membership: 's', user_account: 's' },
  `SELECT count(*)::int AS members
   FROM (SELECT 1 FROM membership m JOIN user_account u ON u.id = m.user_id WHERE ${chosen} LIMIT $4) AS counted`,
);

/** Which members: this person, or with this text in username or name. */
export interface MemberFilter {
  userId?: number | undefined;
  search?: string | undefined;
}

/** Explicit members of a project, oldest first. */
export async function listMembers(
  db: Queryable,
  projectId: number,
  filter: MemberFilter & { limit?: number; offset?: number } = {},
): Promise<MemberRow[]> {
  const { userId, search, limit = 100, offset = 0 } = filter;
  return db.run(selectMembers, projectId, userId ?? null, search ?? null, limit, offset);
}

/** How many explicit members a project has, at most `most`. */
export async function countMembers(
  db: Queryable,
  projectId: number,
  { userId, search }: MemberFilter,
  most: number,
): Promise<number> {
  return (await db.run(countMembersUpTo, projectId, userId ?? null, search ?? null, most))[0]?.members ?? 0;
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
