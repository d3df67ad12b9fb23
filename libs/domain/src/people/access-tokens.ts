import type { Queryable } from '../database/database.js';
import { statement } from '../database/statement.js';
import { randomToken, tokenHash } from './random-token.js';

export const accessTokenPrefix = 'ctpat-';
export const accessTokenScopes = ['api', 'read_api', 'read_user', 'create_runner', 'manage_runner'] as const;
/** A personal token lives a year at most. */
export const accessTokenDaysMax = 366;

export interface AccessTokenRow {
  id: number;
  userId: number;
  name: string;
  scopes: string[];
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
}

const columns = `id, user_id AS "userId", name, scopes, created_at AS "createdAt", expires_at AS "expiresAt",
  revoked_at AS "revokedAt", last_used_at AS "lastUsedAt"`;

const insertAccessToken = statement<[number, string, Buffer, readonly string[], Date | null], AccessTokenRow>(
  'insert_access_token',
  { access_token: 'is' },
  `INSERT INTO access_token (user_id, name, token_hash, scopes, expires_at) VALUES ($1, $2, $3, $4, $5)
   RETURNING ${columns}`,
);

type Chosen = [userId: number | null, id: number | null, state: string | null, search: string | null];

const chosen = `($1::bigint IS NULL OR user_id = $1) AND ($2::bigint IS NULL OR id = $2)
  AND ($3::text IS NULL OR (($3 = 'active') = (revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now()))))
  AND ($4::text IS NULL OR position(lower($4) IN lower(name)) > 0)`;

const selectAccessTokens = statement<[...Chosen, number, number], AccessTokenRow>(
  'select_access_tokens',
  { access_token: 's' },
  `SELECT ${columns} FROM access_token WHERE ${chosen} ORDER BY id DESC LIMIT $5 OFFSET $6`,
);

const countAccessTokensUpTo = statement<[...Chosen, number], { tokens: number }>(
  'count_access_tokens',
  { access_token: 's' },
  `SELECT count(*)::int AS tokens FROM (SELECT 1 FROM access_token WHERE ${chosen} LIMIT $5) AS counted`,
);

const revokeAccessTokenRow = statement<[number], AccessTokenRow>(
  'revoke_access_token',
  { access_token: 'su' },
  `UPDATE access_token SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL RETURNING ${columns}`,
);

export interface NewAccessToken {
  userId: number;
  name: string;
  scopes: readonly string[];
  expiresAt: Date | null;
}

/** Makes a personal access token. `token` is the only time that its text is seen. */
export async function createAccessToken(
  db: Queryable,
  request: NewAccessToken,
): Promise<AccessTokenRow & { token: string }> {
  const token = randomToken(accessTokenPrefix);
  const [row] = await db.run(
    insertAccessToken,
    request.userId,
    request.name,
    tokenHash(token),
    request.scopes,
    request.expiresAt,
  );
  if (!row) throw new Error('The access token was not stored');
  return { ...row, token };
}

/** Which tokens: of one person, by id, by whether they still work, or with this text in their name. */
export interface AccessTokenFilter {
  userId?: number | undefined;
  id?: number | undefined;
  state?: 'active' | 'inactive' | undefined;
  search?: string | undefined;
}

/** Personal access tokens, newest first. */
export async function listAccessTokens(
  db: Queryable,
  { limit = 100, offset = 0, ...filter }: AccessTokenFilter & { limit?: number; offset?: number },
): Promise<AccessTokenRow[]> {
  return db.run(selectAccessTokens, ...valuesOf(filter), limit, offset);
}

/** How many personal access tokens there are, at most `most`. */
export async function countAccessTokens(db: Queryable, filter: AccessTokenFilter, most: number): Promise<number> {
  return (await db.run(countAccessTokensUpTo, ...valuesOf(filter), most))[0]?.tokens ?? 0;
}

function valuesOf({ userId, id, state, search }: AccessTokenFilter): Chosen {
  return [userId ?? null, id ?? null, state ?? null, search ?? null];
}

/** Ends a token for good. Null when there is no such token or it had ended already. */
export async function revokeAccessToken(db: Queryable, id: number): Promise<AccessTokenRow | null> {
  return (await db.run(revokeAccessTokenRow, id))[0] ?? null;
}
