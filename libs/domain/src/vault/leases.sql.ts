import { statement } from '../database/statement.js';

export type LeasePurpose = 'read' | 'clone' | 'status' | 'app';
export type LeaseKind = 'installation' | 'person' | 'app_jwt';

/** What a lease is about; its token is sealed to exactly this. */
export interface LeaseRow {
  id: number;
  purpose: LeasePurpose;
  kind: LeaseKind;
  host: string;
  installationId: number | null;
  projectId: number | null;
  pipelineId: number | null;
  sealed: Buffer;
  issuedAt: Date;
  expiresAt: Date;
}

/** A lease whose token is to be deleted at GitHub. */
export interface RetiredLease extends LeaseRow {
  retireAttempts: number;
}

const columns = `id, purpose, kind, host, installation_id AS "installationId", project_id AS "projectId",
  pipeline_id AS "pipelineId", sealed, issued_at AS "issuedAt", expires_at AS "expiresAt"`;

export const insertLease = statement<
  [
    purpose: string,
    kind: string,
    host: string,
    installationId: number | null,
    projectId: number | null,
    identityId: number | null,
    generation: number | null,
    pipelineId: number | null,
    permissions: string,
    keyId: string,
    sealed: Buffer,
    issuedAt: Date,
    expiresAt: Date,
  ],
  { id: number }
>(
  'insert_lease',
  { token_lease: 'is' },
  `INSERT INTO token_lease (purpose, kind, host, installation_id, project_id, identity_id, generation, pipeline_id,
                            permissions, key_id, sealed, issued_at, expires_at)
   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10, $11, $12, $13) RETURNING id`,
);

/** The living lease with that id. */
export const findLease = statement<[id: number], LeaseRow>(
  'find_lease',
  { token_lease: 's' },
  `SELECT ${columns} FROM token_lease WHERE id = $1 AND retired_at IS NULL`,
);

/** The lease that everybody shares for a purpose, living past a moment; the one that ends last. */
export const findSharedLease = statement<
  [host: string, installationId: number | null, purpose: string, projectId: number | null, past: Date],
  LeaseRow
>(
  'find_shared_lease',
  { token_lease: 's' },
  `SELECT ${columns} FROM token_lease
   WHERE host = $1 AND installation_id IS NOT DISTINCT FROM $2 AND purpose = $3
     AND project_id IS NOT DISTINCT FROM $4 AND pipeline_id IS NULL AND retired_at IS NULL AND expires_at > $5
   ORDER BY expires_at DESC LIMIT 1`,
);

/**
 * A pipeline's clone lease, living past a moment. A person's, when one is named; whoever's otherwise: an
 * installation's token belongs to nobody.
 */
export const findCloneLease = statement<
  [pipelineId: number, projectId: number, userId: number | null, past: Date],
  LeaseRow
>(
  'find_clone_lease',
  { token_lease: 's', identity: 's' },
  `SELECT ${columns} FROM token_lease l
   WHERE pipeline_id = $1 AND project_id = $2 AND purpose = 'clone' AND retired_at IS NULL AND expires_at > $4
     AND (kind = 'installation' OR identity_id IN (SELECT i.id FROM identity i WHERE i.user_id = $3))
   ORDER BY expires_at DESC LIMIT 1`,
);

/** The clone tokens of a pipeline that are still sealed here, whether or not they are over. */
export const cloneLeasesOf = statement<[pipelineId: number, projectId: number], LeaseRow>(
  'clone_leases_of',
  { token_lease: 's' },
  `SELECT ${columns} FROM token_lease
   WHERE pipeline_id = $1 AND project_id = $2 AND purpose = 'clone' AND length(sealed) > 0
   ORDER BY id DESC LIMIT 50`,
);

export interface CloneRoom {
  /** The pipeline's lease that stands, if one lives long enough. */
  leaseId: number | null;
  expiresAt: Date | null;
  /** The person's tokens that GitHub still counts. */
  atGithub: number;
}

/**
 * What `findCloneLease` finds, and how many tokens of the person GitHub counts, at one moment. For a transaction that
 * stores a lease at its end: while the pipeline is not stored, that does not wait for the disk. The pipeline does,
 * which brings the lease to the disk before it; a lease that a crash takes along is in nobody's hands.
 */
export const findCloneRoom = statement<
  [pipelineId: number, projectId: number, userId: number | null, past: Date, identityId: number, now: Date],
  CloneRoom
>(
  'find_clone_room',
  { token_lease: 's', identity: 's', pipeline: 's' },
  `SELECT lease.id AS "leaseId", lease.expires_at AS "expiresAt",
          (SELECT count(*)::int FROM token_lease
            WHERE identity_id = $5 AND kind = 'person' AND revoked_at IS NULL AND expires_at > $6) AS "atGithub"
   FROM (SELECT set_config('synchronous_commit', 'off', true)
          WHERE NOT EXISTS (SELECT FROM pipeline WHERE pipeline.id = $1)) AS commit_early
   RIGHT JOIN (VALUES (1)) AS always ON true
   LEFT JOIN LATERAL (
     SELECT id, expires_at FROM token_lease l
     WHERE pipeline_id = $1 AND project_id = $2 AND purpose = 'clone' AND retired_at IS NULL AND expires_at > $4
       AND (kind = 'installation' OR identity_id IN (SELECT i.id FROM identity i WHERE i.user_id = $3))
     ORDER BY expires_at DESC LIMIT 1
   ) AS lease ON true`,
);

/**
 * A person's tokens that GitHub still counts: given out and not over, or over and not yet deleted there;
 * and those that somebody may still be using.
 */
export const countLiveTokens = statement<[identityId: number, now: Date], { atGithub: number; inUse: number }>(
  'count_live_tokens',
  { token_lease: 's' },
  `SELECT count(*)::int AS "atGithub", (count(*) FILTER (WHERE retired_at IS NULL))::int AS "inUse"
   FROM token_lease WHERE identity_id = $1 AND kind = 'person' AND revoked_at IS NULL AND expires_at > $2`,
);

/**
 * A pipeline has ended: nobody may use its tokens any more. Nothing happens while its row says otherwise: who tells of
 * the end may be late, and the pipeline was retried since, or may have made it up.
 */
export const retirePipelineLeases = statement<[pipelineId: number, now: Date], RetiredLease>(
  'retire_pipeline_leases',
  { token_lease: 'su', pipeline: 's' },
  `UPDATE token_lease SET retired_at = $2, retire_after = $2
   WHERE pipeline_id = $1 AND retired_at IS NULL
     AND EXISTS (SELECT FROM pipeline WHERE id = $1 AND status IN ('success', 'failed', 'canceled', 'skipped'))
   RETURNING ${columns}, retire_attempts AS "retireAttempts"`,
);

/**
 * A person's chain was exchanged: what hangs on an older generation counts as dead and is never handed out
 * again. Whether GitHub ended it too is not known, so it is deleted there as well.
 */
export const retireChainLeases = statement<[identityId: number, generation: number, now: Date], { id: number }>(
  'retire_chain_leases',
  { token_lease: 'su' },
  `UPDATE token_lease SET retired_at = $3, retire_after = $3
   WHERE identity_id = $1 AND generation < $2 AND retired_at IS NULL RETURNING id`,
);

/** Before a link goes: its leases keep their record and lose the person. */
export const detachLeases = statement<[identityId: number, now: Date], { id: number }>(
  'detach_leases',
  { token_lease: 'su' },
  `UPDATE token_lease SET identity_id = NULL, retired_at = coalesce(retired_at, $2), retire_after = $2
   WHERE identity_id = $1 RETURNING id`,
);

/**
 * Pipelines that ended while nobody retired their tokens, the net below the event; and tokens made for a pipeline that
 * never came to be, because its process died first or its push makes none.
 */
export const retireLeftLeases = statement<[now: Date], { id: number }>(
  'retire_left_leases',
  { token_lease: 'su', pipeline: 's' },
  `UPDATE token_lease SET retired_at = $1, retire_after = $1
   WHERE id IN (
     SELECT l.id FROM token_lease l LEFT JOIN pipeline p ON p.id = l.pipeline_id
     WHERE l.pipeline_id IS NOT NULL AND l.retired_at IS NULL AND l.revoked_at IS NULL
       AND CASE WHEN p.id IS NULL THEN l.issued_at < $1::timestamptz - interval '10 minutes'
         ELSE p.status IN ('success', 'failed', 'canceled', 'skipped')
           AND coalesce(p.finished_at, p.updated_at) < $1::timestamptz - interval '30 seconds' END
     LIMIT 500
   ) RETURNING id`,
);

/** Tokens that ended by themselves; the text of none of them is kept. */
export const closeExpiredLeases = statement<[now: Date], { id: number }>(
  'close_expired_leases',
  { token_lease: 'su' },
  `UPDATE token_lease SET retired_at = coalesce(retired_at, expires_at), revoked_at = expires_at, sealed = ''
   WHERE id IN (SELECT id FROM token_lease WHERE revoked_at IS NULL AND expires_at < $1 LIMIT 500) RETURNING id`,
);

/** Takes retired leases to delete at GitHub; each taken one is left alone by others for a minute. */
export const takeLeasesToRevoke = statement<[now: Date, limit: number], RetiredLease>(
  'take_leases_to_revoke',
  { token_lease: 'su' },
  `UPDATE token_lease SET retire_attempts = retire_attempts + 1, retire_after = $1::timestamptz + interval '1 minute'
   WHERE id IN (
     SELECT id FROM token_lease WHERE retired_at IS NOT NULL AND revoked_at IS NULL AND retire_after <= $1
     ORDER BY retire_after LIMIT $2 FOR UPDATE SKIP LOCKED
   ) RETURNING ${columns}, retire_attempts AS "retireAttempts"`,
);

/** GitHub confirmed that the token is gone; its text goes too. */
export const markLeaseRevoked = statement<[id: number, now: Date], never>(
  'mark_lease_revoked',
  { token_lease: 'su' },
  `UPDATE token_lease SET revoked_at = $2, sealed = '' WHERE id = $1 AND revoked_at IS NULL`,
);

/** When the next try at deleting it comes. */
export const postponeRevocation = statement<[id: number, at: Date], never>(
  'postpone_revocation',
  { token_lease: 'su' },
  `UPDATE token_lease SET retire_after = $2 WHERE id = $1 AND revoked_at IS NULL`,
);

/** Living leases that do not stand under the current key, a batch at a time. */
export const leasesUnderOldKeys = statement<[keyId: string, afterId: number, limit: number], LeaseRow>(
  'leases_under_old_keys',
  { token_lease: 's' },
  `SELECT ${columns} FROM token_lease WHERE key_id <> $1 AND revoked_at IS NULL AND id > $2 ORDER BY id LIMIT $3`,
);

/** Puts a re-wrapped token in place, unless the lease changed meanwhile. */
export const rewrapLease = statement<[id: number, before: Buffer, keyId: string, sealed: Buffer], { id: number }>(
  'rewrap_lease',
  { token_lease: 'su' },
  `UPDATE token_lease SET key_id = $3, sealed = $4 WHERE id = $1 AND sealed = $2 RETURNING id`,
);
