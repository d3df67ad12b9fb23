import { statement } from '../database/statement.js';

/** Who stands behind a credential, in one statement. */
export interface ActorRow {
  /** Of the access token or the session. */
  credentialId: number;
  userId: number;
  username: string;
  isAdmin: boolean;
  blocked: boolean;
  scopes: string[];
  expired: boolean;
  revoked: boolean;
  /** Last use is older than a minute (or none): worth a write. */
  stale: boolean;
}

/** The person of a personal access token, by its hash; with now by the caller's clock. */
export const findActorByToken = statement<[hash: Buffer, now: Date], ActorRow>(
  'find_actor_by_token',
  { access_token: 's', user_account: 's' },
  `SELECT t.id AS "credentialId", u.id AS "userId", u.username, u.is_admin AS "isAdmin", u.state = 'blocked' AS blocked,
          t.scopes, coalesce(t.expires_at <= $2, false) AS expired, t.revoked_at IS NOT NULL AS revoked,
          coalesce(t.last_used_at < $2::timestamptz - interval '1 minute', true) AS stale
   FROM access_token t JOIN user_account u ON u.id = t.user_id
   WHERE t.token_hash = $1`,
);

/** The person of a browser session, by the hash of its cookie. Idle 12 h and absolute 7 days both end it. */
export const findActorBySession = statement<[hash: Buffer, now: Date], ActorRow>(
  'find_actor_by_session',
  { session: 's', user_account: 's' },
  `SELECT s.id AS "credentialId", u.id AS "userId", u.username, u.is_admin AS "isAdmin", u.state = 'blocked' AS blocked,
          ARRAY['api'] AS scopes,
          s.expires_at <= $2 OR s.seen_at < $2::timestamptz - interval '12 hours' AS expired,
          false AS revoked, s.seen_at < $2::timestamptz - interval '1 minute' AS stale
   FROM session s JOIN user_account u ON u.id = s.user_id
   WHERE s.token_hash = $1`,
);

/** Last use, a minute's grain: the condition holds against others that write the same. */
export const touchAccessToken = statement<[id: number, now: Date], never>(
  'touch_access_token',
  { access_token: 'su' },
  `UPDATE access_token SET last_used_at = $2
   WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2::timestamptz - interval '1 minute')`,
);

export const touchSession = statement<[id: number, now: Date], never>(
  'touch_session',
  { session: 'su' },
  `UPDATE session SET seen_at = $2 WHERE id = $1 AND seen_at < $2::timestamptz - interval '1 minute'`,
);
