import { statement } from '../database/statement.js';

/** One sealed secret. */
export interface CredentialRow {
  id: number;
  sealed: Buffer;
  keyId: string;
  generation: number;
  expiresAt: Date | null;
  refreshExpiresAt: Date | null;
  rank: number;
}

const columns = `id, sealed, key_id AS "keyId", generation, expires_at AS "expiresAt",
  refresh_expires_at AS "refreshExpiresAt", rank`;

/** The secrets of a kind, current one first. */
export const findCredentials = statement<[host: string, kind: string, subject: number], CredentialRow>(
  'find_credentials',
  { credential: 's' },
  `SELECT ${columns} FROM credential WHERE host = $1 AND kind = $2 AND subject = $3 ORDER BY rank`,
);

/**
 * The current secret of a kind, held until the transaction ends: who changes it goes one after the other.
 * The holder may wait for GitHub meanwhile, longer than an idle transaction is otherwise left alive.
 */
export const lockCredential = statement<[host: string, kind: string, subject: number], CredentialRow>(
  'lock_credential',
  { credential: 'su' },
  `SELECT ${columns}, set_config('idle_in_transaction_session_timeout', '60s', true) FROM credential WHERE host = $1 AND kind = $2 AND subject = $3 AND rank = 1 FOR UPDATE`,
);

/** Stores a secret in place of the one with its kind and rank; the generation counts on. */
export const putCredential = statement<
  [
    cls: string,
    kind: string,
    host: string,
    subject: number,
    rank: number,
    keyId: string,
    sealed: Buffer,
    expiresAt: Date | null,
    refreshExpiresAt: Date | null,
  ],
  { generation: number }
>(
  'put_credential',
  { credential: 'siu' },
  `INSERT INTO credential (class, kind, host, subject, rank, key_id, sealed, expires_at, refresh_expires_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
   ON CONFLICT (host, kind, subject, rank) DO UPDATE
     SET key_id = excluded.key_id, sealed = excluded.sealed, expires_at = excluded.expires_at,
         refresh_expires_at = excluded.refresh_expires_at, generation = credential.generation + 1, updated_at = now()
   RETURNING generation`,
);

/** Drops the secrets of a kind from a rank on. */
export const deleteCredentials = statement<
  [host: string, kind: string, subject: number, fromRank: number],
  { id: number }
>(
  'delete_credentials',
  { credential: 'sd' },
  `DELETE FROM credential WHERE host = $1 AND kind = $2 AND subject = $3 AND rank >= $4 RETURNING id`,
);

/** Records of a class that do not stand under its current key, a batch at a time. */
export const credentialsUnderOldKeys = statement<
  [cls: string, keyId: string, afterId: number, limit: number],
  CredentialRow & { kind: string; host: string; subject: number }
>(
  'credentials_under_old_keys',
  { credential: 's' },
  `SELECT ${columns}, kind, host, subject FROM credential
   WHERE class = $1 AND key_id <> $2 AND id > $3 ORDER BY id LIMIT $4`,
);

/** Puts a re-wrapped record in place, unless somebody changed it meanwhile. */
export const rewrapCredential = statement<[id: number, before: Buffer, keyId: string, sealed: Buffer], { id: number }>(
  'rewrap_credential',
  { credential: 'su' },
  `UPDATE credential SET key_id = $3, sealed = $4 WHERE id = $1 AND sealed = $2 RETURNING id`,
);
