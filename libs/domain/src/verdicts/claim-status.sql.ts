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

/** Saved up for a burst; what is spent comes back at one a second. GitHub allows about 80 writes a minute. */
const burst = 20;
const savedNow = `least(${burst}, b.saved + greatest(0, extract(epoch FROM $1::timestamptz - b.at)))`;

/**
 * Takes the next status of an installation to send it: final states first, then what GitHub knows nothing of yet.
 * Nobody else gets the row before `until`. No row while the installation's writes are used up: no header of GitHub's
 * tells how many are left, so they are counted here, for all processes that post.
 */
export const claimStatus = statement<[now: Date, installationId: number, until: Date], ClaimedStatus>(
  'claim_status',
  { commit_status: 'su', project: 's', status_budget: 'siu' },
  `WITH next AS (
     SELECT id FROM commit_status
      WHERE installation_id = $2 AND ${open}
      ORDER BY final DESC, sent_version > 0, next_attempt_at, id
      LIMIT 1 FOR UPDATE SKIP LOCKED),
   allowed AS (
     INSERT INTO status_budget AS b (installation_id, saved, at) SELECT $2, ${burst - 1}, $1::timestamptz FROM next
     ON CONFLICT (installation_id) DO UPDATE SET saved = ${savedNow} - 1, at = greatest(b.at, $1::timestamptz)
      WHERE ${savedNow} >= 1
     RETURNING b.installation_id)
   UPDATE commit_status s
      SET sending_until = $3, claim = s.claim + 1, attempts = s.attempts + 1
     FROM next, allowed, project r
    WHERE s.id = next.id AND r.id = s.project_id
   RETURNING s.id, s.claim, s.version, s.attempts, s.project_id AS "projectId", r.host, r.full_name AS "fullName",
             s.sha, s.context, s.wanted_state AS state, s.wanted_description AS description,
             s.target_url AS "targetUrl", s.final`,
);
