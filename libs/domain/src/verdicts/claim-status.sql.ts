import { statement } from '../database/statement.js';

export interface ClaimedStatus {
  readonly id: number;
  readonly claim: number;
  readonly version: number;
  /** This attempt included, since the state was wanted. */
  readonly attempts: number;
  readonly projectId: number;
  readonly host: string;
  readonly fullName: string;
  readonly sha: string;
  readonly context: string;
  readonly state: 'pending' | 'success' | 'failure' | 'error';
  readonly description: string;
  readonly targetUrl: string;
  readonly final: boolean;
}

const open = `sent_version < version AND refused_at IS NULL AND next_attempt_at <= $1
              AND (sending_until IS NULL OR sending_until <= $1)`;

/** Installations with something to send now. */
export const dueInstallations = statement<[now: Date, limit: number], { installationId: number }>(
  'due_installations',
  { commit_status: 's' },
  `SELECT DISTINCT installation_id AS "installationId" FROM commit_status WHERE ${open} LIMIT $2`,
);

/**
 * Takes the next status of an installation to send it: final states first, then what GitHub knows nothing of yet.
 * Nobody else gets the row before `until`.
 */
export const claimStatus = statement<[now: Date, installationId: number, until: Date], ClaimedStatus>(
  'claim_status',
  { commit_status: 'su', project: 's' },
  `WITH next AS (
     SELECT id FROM commit_status
      WHERE installation_id = $2 AND ${open}
      ORDER BY final DESC, sent_version > 0, next_attempt_at, id
      LIMIT 1 FOR UPDATE SKIP LOCKED)
   UPDATE commit_status s
      SET sending_until = $3, claim = s.claim + 1, attempts = s.attempts + 1
     FROM next, project r
    WHERE s.id = next.id AND r.id = s.project_id
   RETURNING s.id, s.claim, s.version, s.attempts, s.project_id AS "projectId", r.host, r.full_name AS "fullName",
             s.sha, s.context, s.wanted_state AS state, s.wanted_description AS description,
             s.target_url AS "targetUrl", s.final`,
);
