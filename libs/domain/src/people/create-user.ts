import type { Queryable } from '../database/database.js';
import { statement } from '../database/statement.js';

export interface NewUser {
  username: string;
  name: string;
  email?: string | null;
  avatarUrl?: string | null;
  isAdmin?: boolean;
}

/** A person as the API and the command line show them. */
export interface UserRow {
  id: number;
  username: string;
  name: string;
  email: string | null;
  avatarUrl: string | null;
  isAdmin: boolean;
  state: 'active' | 'blocked';
  createdAt: Date;
}

const columns = `id, username, name, email, avatar_url AS "avatarUrl", is_admin AS "isAdmin", state,
  created_at AS "createdAt"`;

const insertUser = statement<[string, string, string | null, string | null, boolean], UserRow>(
  'insert_user',
  { user_account: 'is' },
  `INSERT INTO user_account (username, name, email, avatar_url, is_admin) VALUES ($1, $2, $3, $4, $5)
   ON CONFLICT (lower(username)) DO NOTHING
   RETURNING ${columns}`,
);

const chosen = `($1::text IS NULL OR lower(username) = lower($1))
  AND ($2::text IS NULL OR position(lower($2) IN lower(username)) > 0 OR position(lower($2) IN lower(name)) > 0)`;

const selectUsers = statement<[string | null, string | null, number, number], UserRow>(
  'select_users',
  { user_account: 's' },
  `SELECT ${columns} FROM user_account WHERE ${chosen} ORDER BY id LIMIT $3 OFFSET $4`,
);

const countUsersUpTo = statement<[string | null, string | null, number], { users: number }>(
  'count_users',
  { user_account: 's' },
  `SELECT count(*)::int AS users FROM (SELECT 1 FROM user_account WHERE ${chosen} LIMIT $3) AS counted`,
);

const selectUser = statement<[number], UserRow>(
  'select_user',
  { user_account: 's' },
  `SELECT ${columns} FROM user_account WHERE id = $1`,
);

const usernamePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;

/** Whether a text can be a username: letters, digits, `_`, `.`, `-`, at most 63. */
export function isUsername(text: string): boolean {
  return usernamePattern.test(text);
}

/** Makes a person. Null when the username is taken, whatever its case. */
export async function createUser(db: Queryable, user: NewUser): Promise<UserRow | null> {
  const rows = await db.run(
    insertUser,
    user.username,
    user.name,
    user.email ?? null,
    user.avatarUrl ?? null,
    user.isAdmin ?? false,
  );
  return rows[0] ?? null;
}

/** Which people: of this name, or with this text in username or name. */
export interface UserFilter {
  username?: string | undefined;
  search?: string | undefined;
}

/** People in the order of their ids, at most 100 unless told. */
export async function listUsers(
  db: Queryable,
  { username, search, limit = 100, offset = 0 }: UserFilter & { limit?: number; offset?: number } = {},
): Promise<UserRow[]> {
  return db.run(selectUsers, username ?? null, search ?? null, limit, offset);
}

/** How many people there are, at most `most`. */
export async function countUsers(db: Queryable, { username, search }: UserFilter, most: number): Promise<number> {
  return (await db.run(countUsersUpTo, username ?? null, search ?? null, most))[0]?.users ?? 0;
}

export async function findUser(db: Queryable, userId: number): Promise<UserRow | null> {
  return (await db.run(selectUser, userId))[0] ?? null;
}
