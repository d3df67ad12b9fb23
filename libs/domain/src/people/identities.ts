import type { Queryable } from '../database/database.js';
import { statement } from '../database/statement.js';

export type IdentityState = 'linked' | 'needs_reauth' | 'revoked';

export interface IdentityRow {
  id: number;
  userId: number;
  host: string;
  githubUserId: number;
  login: string;
  state: IdentityState;
  linkedAt: Date;
}

const columns = `id, user_id AS "userId", host, github_user_id AS "githubUserId", login, state, linked_at AS "linkedAt"`;

const insertIdentity = statement<[number, string, number, string], IdentityRow>(
  'insert_identity',
  { identity: 'is' },
  `INSERT INTO identity (user_id, host, github_user_id, login) VALUES ($1, $2, $3, $4)
   ON CONFLICT DO NOTHING RETURNING ${columns}`,
);

const healIdentity = statement<[number, string], IdentityRow>(
  'heal_identity',
  { identity: 'su' },
  `UPDATE identity SET state = 'linked', login = $2 WHERE id = $1 RETURNING ${columns}`,
);

const selectIdentityByGithubUser = statement<[string, number], IdentityRow>(
  'select_identity_by_github_user',
  { identity: 's' },
  `SELECT ${columns} FROM identity WHERE host = $1 AND github_user_id = $2`,
);

const selectIdentityByUser = statement<[number, string], IdentityRow>(
  'select_identity_by_user',
  { identity: 's' },
  `SELECT ${columns} FROM identity WHERE user_id = $1 AND host = $2`,
);

const updateIdentityState = statement<[number, string], { userId: number }>(
  'update_identity_state',
  { identity: 'su' },
  // A revoked link stays revoked: only linking again brings it back.
  `UPDATE identity SET state = $2 WHERE id = $1 AND state <> $2 AND (state = 'linked' OR $2 = 'revoked')
   RETURNING user_id AS "userId"`,
);

const deleteIdentity = statement<[number], { userId: number }>(
  'delete_identity',
  { identity: 'sd' },
  `DELETE FROM identity WHERE id = $1 RETURNING user_id AS "userId"`,
);

/**
 * Links a GitHub user to a person, 1:1. Null when either side is linked to somebody else already; the
 * two unique keys decide, also between sessions that try at the same moment.
 */
export async function linkIdentity(
  db: Queryable,
  link: { userId: number; host: string; githubUserId: number; login: string },
): Promise<IdentityRow | null> {
  return (await db.run(insertIdentity, link.userId, link.host, link.githubUserId, link.login))[0] ?? null;
}

/** A link works again: the person has just shown that the GitHub account is theirs. */
export async function restoreIdentity(db: Queryable, identityId: number, login: string): Promise<IdentityRow | null> {
  return (await db.run(healIdentity, identityId, login))[0] ?? null;
}

export async function identityByGithubUser(
  db: Queryable,
  host: string,
  githubUserId: number,
): Promise<IdentityRow | null> {
  return (await db.run(selectIdentityByGithubUser, host, githubUserId))[0] ?? null;
}

export async function identityOf(db: Queryable, userId: number, host: string): Promise<IdentityRow | null> {
  return (await db.run(selectIdentityByUser, userId, host))[0] ?? null;
}

/** Marks that a link no longer gives tokens. False when it stood so already. */
export async function breakIdentity(
  db: Queryable,
  identityId: number,
  state: 'needs_reauth' | 'revoked',
): Promise<boolean> {
  return (await db.run(updateIdentityState, identityId, state)).length > 0;
}

/** Takes the link away; tokens and leases of it must be gone first. */
export async function unlinkIdentity(db: Queryable, identityId: number): Promise<boolean> {
  return (await db.run(deleteIdentity, identityId)).length > 0;
}
