import { statement } from '../database/statement.js';

/** What a push needs to know about who pushed. */
export interface SenderRow {
  userId: number;
  identityState: 'linked' | 'needs_reauth' | 'revoked';
  /** The version in force, not an older one. */
  termsAccepted: boolean;
  seat: boolean;
  blocked: boolean;
}

/** The person behind a GitHub user id; no row when nobody has linked it. */
export const resolveSender = statement<[host: string, githubUserId: number], SenderRow>(
  'resolve_sender',
  { identity: 's', user_account: 's', acceptance: 's', terms_version: 's', seat: 's' },
  `SELECT u.id AS "userId", i.state AS "identityState", u.state = 'blocked' AS blocked,
          EXISTS (
            SELECT 1 FROM acceptance a
            WHERE a.user_id = u.id AND a.version = (SELECT max(version) FROM terms_version)
          ) AS "termsAccepted",
          EXISTS (SELECT 1 FROM seat s WHERE s.user_id = u.id AND s.released_at IS NULL) AS seat
   FROM identity i JOIN user_account u ON u.id = i.user_id
   WHERE i.host = $1 AND i.github_user_id = $2`,
);
